import { createHash } from "node:crypto";
import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as node from "../src/index.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const nodeDigest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["Node", node],
  ["a browser", browser],
])("SHA-256 of %s", (_name, { newHasher, sha256Hex }) => {
  // FIPS 180-4's examples (csrc.nist.gov, "SHA256.pdf"), and NIST's byte-oriented short message of 56 bytes.
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("gives the published digest of %.20s", (text, digest) => {
    expect(sha256Hex(encode(text))).toBe(digest);
  });

  it("does not depend on how the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 8 }), (parts) => {
        const hasher = newHasher("sha256");
        for (const part of parts) hasher.update(part);
        const all = Uint8Array.from(parts.flatMap((part) => [...part]));
        expect(hasher.digestHex()).toBe(nodeDigest(all));
        expect(sha256Hex(all)).toBe(nodeDigest(all));
      }),
    );
  });

  it("is right for every length around its blocks, and inside a larger buffer", () => {
    const bytes = seededRandom(1).fill(new Uint8Array(400));
    for (let length = 0; length <= 260; length++) {
      const part = bytes.subarray(3, 3 + length);
      expect(sha256Hex(part), `${length} bytes`).toBe(nodeDigest(part));
    }
  });

  it("is spent after its digest", () => {
    const hasher = newHasher("sha256");
    hasher.digestHex();
    expect(() => hasher.update(encode("a"))).toThrow();
    expect(() => hasher.digestHex()).toThrow();
  });
});

it("counts bits beyond 32 bits", () => {
  // 512 MiB and one byte: the length in bits no longer fits the lower word.
  const part = new Uint8Array(2 ** 24);
  const ours = browser.newHasher("sha256");
  const theirs = createHash("sha256");
  for (let i = 0; i < 32; i++) {
    ours.update(part);
    theirs.update(part);
  }
  ours.update(encode("a"));
  theirs.update("a");
  expect(ours.digestHex()).toBe(theirs.digest("hex"));
});

it("a browser says that a hasher is spent, and which digests there are", () => {
  const hasher = browser.newHasher("sha256");
  hasher.digestHex();
  expect(() => hasher.digestHex()).toThrow("SHA-256 hasher");
  expect(() => browser.newHasher("md5" as "sha256")).toThrow("sha256");
});

it.each([
  ["Node", node],
  ["a browser", browser],
])("CRC-32 of %s is the published one, in any pieces", (_name, { crc32 }) => {
  // The check value of the CRC catalogue (reveng.sourceforge.io, "CRC-32/ISO-HDLC").
  expect(crc32(encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(encode("6789"), crc32(encode("12345")))).toBe(0xcbf43926);
  expect(crc32(encode(""))).toBe(0);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => crc32(bytes) === node.crc32(bytes)));
});
