import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PLAIN_CODING } from "../src/coding.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../src/manifest.ts";
import { objectKey } from "../src/object-name.ts";
import { checkPlacement, type Place, placeShards } from "../src/placement.ts";
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
  createdMs: 1_700_000_000_000,
  coding: PLAIN_CODING,
};

const MANIFEST: Manifest = {
  object: "a/ü",
  generation: 3,
  uploadId: HEADER.uploadId,
  createdMs: 1_700_000_000_000,
  bytes: 12,
  storedBytes: 12,
  sha256: "ab".repeat(32),
  dataShards: 1,
  parityShards: 1,
  codeFamily: "vandermonde",
  unitBytes: 8,
  coding: {
    compression: "zstd",
    encryption: { keyId: "0".repeat(16), wrappedKey: "1".repeat(120) },
    segmentBytes: 9,
  },
  inline: null,
  shards: [
    { backend: "a", digest: "cd".repeat(32) },
    { backend: null, digest: null },
  ],
};

describe("the header of a shard", () => {
  it("has the documented bytes", () => {
    expect(Buffer.from(encodeShardHeader(HEADER)).toString("hex")).toMatchInlineSnapshot(
      `"4d5253484152440a04000400c838ff010000010064000000000102030405060708090a0b0c0d0e0f612fc3bc7b22637265617465644d73223a313730303030303030303030302c22636f64696e67223a7b22636f6d7072657373696f6e223a226e6f6e65222c22656e6372797074696f6e223a6e756c6c2c227365676d656e744279746573223a313034383537367d7d4edbca5d"`,
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
    const failure = (): unknown => decodeShardHeader(encodeShardHeader(HEADER).with(8, 5), "x");
    expect(failure).toThrow("shard format version 5, this program reads 4");
  });
});

it("a trailer fits its own header only", () => {
  const trailer = {
    bytes: 2 ** 40 + 5,
    storedBytes: 2 ** 39 + 1,
    sha256: "12".repeat(32),
    digest: "34".repeat(32),
  };
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
      { dataShards: 300 },
      { dataShards: 0 },
      { parityShards: 2 ** 31 },
      { unitBytes: 12 },
      { unitBytes: 2 ** 40 },
      { storedBytes: -5 },
      { inline: "<>", shards: [] },
      { coding: { compression: "none", encryption: null, segmentBytes: 0 } as const },
      { shards: MANIFEST.shards.map(({ digest }) => ({ backend: "../x", digest })) },
    ].map((change) => {
      try {
        return decodeManifest(encodeManifest({ ...MANIFEST, ...change }), "x");
      } catch (error) {
        return isMillraceError(error, "STORE_MANIFEST_CORRUPT");
      }
    });
    expect(failures).toEqual(new Array(14).fill(true));
  });

  it("is refused when another version wrote it", () => {
    const text = new TextDecoder().decode(encodeManifest({ ...MANIFEST, version: 4 } as Manifest));
    expect(() => decodeManifest(new TextEncoder().encode(text), "x")).toThrow("manifest version 4");
  });
});

it("stripes hold all bytes, and the last one no more than it must", () => {
  const property = fc.property(
    fc.nat(100_000),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 50 }),
    (bytes, dataShards, eights) => {
      const layout = { storedBytes: bytes, dataShards, unitBytes: eights * 8 };
      let [capacity, body] = [0, 0];
      for (let stripe = 0; stripe < stripeCount(layout); stripe++) {
        const unit = unitBytesOf(layout, stripe);
        expect(unit % 8).toBe(0);
        expect(unit).toBeGreaterThan(0);
        capacity += unit * dataShards;
        body += unit + 8;
      }
      expect(capacity).toBeGreaterThanOrEqual(bytes);
      expect(capacity - bytes).toBeLessThan(8 * dataShards);
      expect(bodyBytes(layout)).toBe(body);
    },
  );
  fc.assert(property);
});

/** Backends of equal weight, `perDomain` to a failure domain. */
const placesOf = (count: number, perDomain = 1): Place[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `b${i}`,
    weight: 1,
    domain: `d${Math.floor(i / perDomain)}`,
  }));

describe("the placement of shards", () => {
  it("gives no failure domain more than may be lost", () => {
    const random = seededRandom(1);
    for (let round = 0; round < 300; round++) {
      const dataShards = random.nextInt(1, 30);
      const parityShards = random.nextInt(1, 10);
      const perDomain = random.nextInt(1, 3);
      const domains = Math.ceil((dataShards + parityShards) / parityShards) + random.nextInt(0, 5);
      const places = placesOf(domains * perDomain, perDomain);
      checkPlacement(places, dataShards, parityShards);
      const names = placeShards(objectKey(`o${round}`), places, dataShards, parityShards);
      expect(names).toHaveLength(dataShards + parityShards);
      const counts = new Map<string, number>();
      for (const name of names) {
        const { domain } = places.find((place) => place.name === name)!;
        counts.set(domain, (counts.get(domain) ?? 0) + 1);
      }
      expect(Math.max(...counts.values())).toBeLessThanOrEqual(parityShards);
    }
    expect(() => checkPlacement([], 4, 2)).toThrow("got 0, expected 3 or more");
    expect(() => checkPlacement(placesOf(6, 3), 4, 2)).toThrow("number of failure domains: got 2");
  });

  it("moves few shards when a backend comes, and as many to each as its weight asks", () => {
    const before = placesOf(10);
    const after = [...before, { name: "new", weight: 2, domain: "new" }];
    let [moved, onNew] = [0, 0];
    const objects = 2000;
    for (let i = 0; i < objects; i++) {
      const key = objectKey(`o${i}`);
      const [old, now] = [placeShards(key, before, 4, 2), placeShards(key, after, 4, 2)];
      moved += old.filter((name) => !now.includes(name)).length;
      onNew += now.filter((name) => name === "new").length;
    }
    // Nothing moves but what makes room for the new one.
    expect(moved).toBe(onNew);
    // Of six draws without replacement out of weights 10 × 1 and 2, a share above 6/11 and below 1.
    expect(onNew / objects).toBeGreaterThan(0.7);
    expect(onNew / objects).toBeLessThan(0.9);
  });
});
