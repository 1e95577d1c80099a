import { expect, it } from "vitest";
import { newHasher, sha256Hex } from "../src/index.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

it("gives the published SHA-256 vectors of FIPS 180-4", () => {
  expect(sha256Hex(encode(""))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(sha256Hex(encode("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

it("does not depend on how the bytes are cut", () => {
  const hasher = newHasher("sha256");
  for (const part of ["a", "", "bc"]) hasher.update(encode(part));
  expect(hasher.digestHex()).toBe(sha256Hex(encode("abc")));
});
