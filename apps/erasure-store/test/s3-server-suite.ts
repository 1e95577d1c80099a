import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect } from "vitest";
import { checkConfig } from "../src/config.ts";
import { initStore, openStore } from "../src/index.ts";
import { openBackends } from "../src/open-backends.ts";
import { temporarySpace } from "../src/temporary.ts";
import { BACKENDS, readAll } from "./stores.ts";

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

/** What {@link useBuckets} makes of a server. */
interface Buckets {
  /** k + m of them. */
  readonly names: readonly string[];
  /** Those whose shards get lost, as many as may. */
  readonly lost: readonly string[];
  /** Bytes of the objects; the shards of the last have several parts. */
  readonly lengths: readonly number[];
}

const SIX_BUCKETS: Buckets = {
  names: BACKENDS,
  lost: ["b", "e"],
  lengths: [0, 4096, 4097, 300_000, 50_000_000],
};

/** Uses buckets of a real S3 server as a store, loses the shards in some of them, and has them made anew. */
export async function useBuckets(
  endpoint: string,
  environment: Readonly<Record<string, string>>,
  { names, lost, lengths }: Buckets = SIX_BUCKETS,
): Promise<void> {
  const vfs = new MemoryVfs();
  const locationOf = (name: string): string => `s3://bucket-${name}?endpoint=${endpoint}`;
  const config = {
    dataShards: names.length - lost.length,
    parityShards: lost.length,
    backends: Object.fromEntries(names.map((name) => [name, locationOf(name)])),
  };
  await initStore(vfs, "store.yaml", config, environment);
  const store = await openStore("store.yaml", { vfs, environment });
  for (const length of lengths) {
    await store.put(`o/${length}`, [bytesOf(length)]);
    expect(Buffer.compare(await readAll(store, `o/${length}`), bytesOf(length))).toBe(0);
  }
  const other = await openStore("store.yaml", { vfs, environment });
  await Promise.all([store.put("both", [bytesOf(5000)]), other.put("both", [bytesOf(6000)])]);
  const both = await readAll(store, "both");
  expect(both).toEqual(bytesOf(both.length));
  const filled = checkConfig(config);
  const backends = openBackends(filled, { vfs, environment, temporary: temporarySpace(vfs, filled) });
  for (const name of lost) {
    const backend = backends.find((one) => one.name === name)!;
    for (const shard of await backend.list("shards")) await backend.remove("shards", shard);
  }
  const pieces: Uint8Array[] = [];
  const largest = lengths.at(-1)!;
  const range = { start: 1e7, end: 1e7 + 65_536 };
  for await (const piece of store.get(`o/${largest}`, { range })) pieces.push(piece.slice());
  expect(Buffer.compare(Buffer.concat(pieces), bytesOf(largest).subarray(range.start, range.end))).toBe(0);
  // And those of "both"; what is small has none.
  const shards = lost.length * (1 + lengths.filter((length) => length > 4096).length);
  expect(await store.repair()).toMatchObject({ repairedShards: shards, lost: [], failed: [] });
  expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({
    objects: lengths.length + 1,
    problems: [],
    orphans: [],
  });
  for (const { name } of await store.list()) await store.remove(name);
  expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
    objects: 0,
    removed: 0,
  });
}
