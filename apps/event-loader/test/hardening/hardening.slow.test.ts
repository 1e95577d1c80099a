import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { openBytes } from "../helpers.ts";
import { describeHardening } from "./describe-hardening.ts";

await describeHardening({ cuts: Number.POSITIVE_INFINITY, mutations: 10_000 });

it("a bomb of gzip is unpacked up to 1 GiB, and refused by name then", async () => {
  // Members one behind the other are one file: 1.1 GiB out of a megabyte.
  const member = gzipSync(new Uint8Array(110 * 2 ** 20));
  const bomb = new Uint8Array(Buffer.concat(new Array<Uint8Array>(10).fill(member)));
  await expect(openBytes(bomb)).rejects.toMatchObject({ code: "COMPRESS_OUTPUT_LIMIT" });
});
