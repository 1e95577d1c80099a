import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { expect, it } from "vitest";
import { openBytes } from "../helpers.ts";
import { describeHardening } from "./describe-hardening.ts";
import { expectPrefix, readAll, sourceOf } from "./harness.ts";

await describeHardening({ cuts: Number.POSITIVE_INFINITY, mutations: 10_000 });

/** The small samples are cut off at every byte, these recordings at so many places. */
const SAMPLED_CUTS = 2000;

describeRecordings("real recordings that are cut off", () => {
  it.each(["nmnist.bin", "ncars.dat", "raw_events.hdf5", "translating_bar_x.aedat"])("%s", async (file) => {
    const path = recordingPath(`events/${file}`);
    const bytes = new Uint8Array(readFileSync(path));
    const sample = { name: file, bytes, fileName: basename(path) };
    const { events } = await readAll(sourceOf(sample));
    for (let cut = 0; cut < SAMPLED_CUTS; cut++) {
      const end = Math.floor((cut * bytes.length) / SAMPLED_CUTS);
      expectPrefix(events, await readAll(sourceOf(sample, bytes.slice(0, end))), false);
    }
  });
});

it("a bomb of gzip is unpacked up to 1 GiB, and refused by name then", async () => {
  // Members one behind the other are one file: 1.1 GiB out of a megabyte.
  const member = gzipSync(new Uint8Array(110 * 2 ** 20));
  const bomb = new Uint8Array(Buffer.concat(new Array<Uint8Array>(10).fill(member)));
  await expect(openBytes(bomb)).rejects.toMatchObject({ code: "COMPRESS_OUTPUT_LIMIT" });
});
