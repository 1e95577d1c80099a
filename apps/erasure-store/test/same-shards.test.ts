import { createHash } from "node:crypto";
import { seededRandom } from "@millrace/base";
import { xxh64 } from "@millrace/compress";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { decodeShardHeader } from "../src/shard-format.ts";
import { filesIn, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const UNIT_BYTES = 16;
const STRIPE_BYTES = 4 * UNIT_BYTES;
const BATCH_STRIPES = 16;
const THRESHOLD_BYTES = 5000;
const TRAILER_BYTES = 92;
const CHECKSUM_BYTES = 8;

/** Units of one shard, which begin alike for every upload; their checksums do not. */
function unitsOf(shard: Uint8Array): { units: Uint8Array[]; headerCrc: number; checksums: Uint8Array[] } {
  const { headerBytes, headerCrc } = decodeShardHeader(shard, "shard");
  const body = shard.subarray(headerBytes, shard.length - TRAILER_BYTES);
  const [units, checksums]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (let at = 0; at < body.length; at += CHECKSUM_BYTES + UNIT_BYTES) {
    checksums.push(body.subarray(at, at + CHECKSUM_BYTES));
    units.push(body.subarray(at + CHECKSUM_BYTES, at + CHECKSUM_BYTES + UNIT_BYTES));
  }
  return { units, headerCrc, checksums };
}

/** A digest of the units of all shards, in their order. */
async function digestOfShards(vfs: MemoryVfs): Promise<string> {
  const hash = createHash("sha256");
  for (const path of await filesIn(vfs, "shards")) {
    for (const unit of unitsOf(await readFileBytes(vfs, path)).units) hash.update(unit).update("|");
    hash.update("/");
  }
  return hash.digest("hex");
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  const random = seededRandom(bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const end = at + random.nextInt(0, 100);
    yield bytes.slice(at, end);
    at = Math.min(end, bytes.length);
  }
}

const edges = [
  UNIT_BYTES,
  STRIPE_BYTES,
  BATCH_STRIPES * STRIPE_BYTES,
  2 * BATCH_STRIPES * STRIPE_BYTES,
  THRESHOLD_BYTES,
];

it.each([0, ...edges.flatMap((edge) => [edge - 1, edge, edge + 1])])(
  "%i bytes make the same shards in memory, streamed from a file, and out of a stream of odd pieces",
  async (length) => {
    const bytes = seededRandom(length).fill(new Uint8Array(length));
    const digests: string[] = [];
    for (const [memory_threshold, isStream] of [
      [THRESHOLD_BYTES, false],
      [0, false],
      [0, true],
    ] as const) {
      const vfs = new MemoryVfs();
      const { store } = await makeStore({ performance: { memory_threshold } }, vfs);
      await writeFileBytes(vfs, "in", bytes);
      await store.put("o", isStream ? piecesOf(bytes) : "in");
      digests.push(await digestOfShards(vfs));
      expect(Buffer.compare(await readAll(store, "o"), bytes)).toBe(0);
    }
    expect(new Set(digests).size).toBe(1);
  },
);

it("a unit's checksum is the documented one", async () => {
  const { vfs, store } = await makeStore();
  await store.put("o", [seededRandom(1).fill(new Uint8Array(300))]);
  for (const path of await filesIn(vfs, "shards")) {
    const { units, checksums, headerCrc } = unitsOf(await readFileBytes(vfs, path));
    expect(units).toHaveLength(5);
    for (const [stripe, unit] of units.entries()) {
      const [low, high] = xxh64(unit, [stripe, headerCrc]);
      const view = new DataView(checksums[stripe]!.slice().buffer);
      expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([low, high]);
    }
  }
});
