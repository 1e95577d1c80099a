import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeManifest, encodeManifest, type Manifest } from "../src/manifest.ts";
import { objectKey } from "../src/object-name.ts";
import { checkPlacement, placeShards } from "../src/placement.ts";
import {
  decodeShardHeader,
  decodeShardTrailer,
  encodeShardHeader,
  encodeShardTrailer,
  type ShardHeader,
} from "../src/shard-format.ts";
import { bodyBytes, stripeCount, unitBytesOf } from "../src/stripe-layout.ts";

const HEADER: ShardHeader = {
  object: "a/ü",
  uploadId: "000102030405060708090a0b0c0d0e0f",
  dataShards: 200,
  parityShards: 56,
  codeFamily: "cauchy",
  shardIndex: 255,
  unitBytes: 65_536,
};

const MANIFEST: Manifest = {
  object: "a/ü",
  generation: 3,
  uploadId: HEADER.uploadId,
  bytes: 12,
  sha256: "ab".repeat(32),
  dataShards: 1,
  parityShards: 1,
  codeFamily: "vandermonde",
  unitBytes: 8,
  shards: [
    { backend: "a", digest: "cd".repeat(32) },
    { backend: null, digest: "ef".repeat(32) },
  ],
};

describe("the header of a shard", () => {
  it("has the documented bytes", () => {
    expect(Buffer.from(encodeShardHeader(HEADER)).toString("hex")).toMatchInlineSnapshot(
      `"4d5253484152440a01000400c838ff010000010000000000000102030405060708090a0b0c0d0e0f612fc3bc64efff15"`,
    );
  });

  it("comes back, whatever follows it", () => {
    const bytes = encodeShardHeader(HEADER);
    const { header, headerBytes } = decodeShardHeader(new Uint8Array([...bytes, 1, 2, 3]), "x");
    expect(header).toEqual(HEADER);
    expect(headerBytes).toBe(bytes.length);
  });

  it("is refused with any bit flipped or any byte missing", () => {
    const bytes = encodeShardHeader(HEADER);
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        expect(() => decodeShardHeader(bytes.with(at, bytes[at]! ^ (1 << bit)), "x")).toThrow(/^x: at byte/);
      }
      expect(() => decodeShardHeader(bytes.subarray(0, at), "x")).toThrow(/^x: at byte/);
    }
  });

  it("says that a newer program wrote it", () => {
    const failure = (): unknown => decodeShardHeader(encodeShardHeader(HEADER).with(8, 2), "x");
    expect(failure).toThrow("shard format version 2, this program reads 1");
  });
});

it("a trailer fits its own header only", () => {
  const trailer = { bytes: 2 ** 40 + 5, sha256: "12".repeat(32), digest: "34".repeat(32) };
  const bytes = encodeShardTrailer(trailer, 77);
  expect(decodeShardTrailer(bytes, 77, "x", 0)).toEqual(trailer);
  expect(() => decodeShardTrailer(bytes, 78, "x", 0)).toThrow("the trailer's checksum");
  for (let at = 0; at < bytes.length; at++) {
    expect(() => decodeShardTrailer(bytes.with(at, bytes[at]! ^ 1), 77, "x", 0)).toThrow(/^x: at byte 0/);
  }
});

describe("a manifest", () => {
  it("comes back", () => {
    expect(decodeManifest(encodeManifest(MANIFEST), "x")).toEqual(MANIFEST);
  });

  it("is refused when a field is impossible, though its checksum holds", () => {
    const failures = [
      { uploadId: "1" },
      { generation: -1 },
      { bytes: 1.5 },
      { shards: [] },
      { codeFamily: "xor" as "cauchy" },
    ].map((change) => {
      try {
        return decodeManifest(encodeManifest({ ...MANIFEST, ...change }), "x");
      } catch (error) {
        return isMillraceError(error, "STORE_MANIFEST_CORRUPT");
      }
    });
    expect(failures).toEqual([true, true, true, true, true]);
  });

  it("is refused when another version wrote it", () => {
    const text = new TextDecoder().decode(encodeManifest({ ...MANIFEST, version: 2 } as Manifest));
    expect(() => decodeManifest(new TextEncoder().encode(text), "x")).toThrow("manifest version 2");
  });
});

it("stripes hold all bytes, and the last one no more than it must", () => {
  const property = fc.property(
    fc.nat(100_000),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 50 }),
    (bytes, dataShards, eights) => {
      const layout = { bytes, dataShards, unitBytes: eights * 8 };
      let [capacity, body] = [0, 0];
      for (let stripe = 0; stripe < stripeCount(layout); stripe++) {
        const unit = unitBytesOf(layout, stripe);
        expect(unit % 8).toBe(0);
        expect(unit).toBeGreaterThan(0);
        capacity += unit * dataShards;
        body += unit + 4;
      }
      expect(capacity).toBeGreaterThanOrEqual(bytes);
      expect(capacity - bytes).toBeLessThan(8 * dataShards);
      expect(bodyBytes(layout)).toBe(body);
    },
  );
  fc.assert(property);
});

it("shards spread so evenly that no backend holds more than may be lost", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 500; round++) {
    const dataShards = random.nextInt(1, 30);
    const parityShards = random.nextInt(1, 10);
    const backends = Math.ceil((dataShards + parityShards) / parityShards) + random.nextInt(0, 5);
    checkPlacement(backends, dataShards, parityShards);
    const counts = new Array<number>(backends).fill(0);
    for (const place of placeShards(objectKey(`o${round}`), backends, dataShards + parityShards))
      counts[place]!++;
    expect(Math.max(...counts)).toBeLessThanOrEqual(parityShards);
  }
  expect(() => checkPlacement(0, 4, 2)).toThrow("got 0, expected 3 or more");
});
