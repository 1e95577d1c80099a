import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect } from "vitest";
import { checkConfig } from "../src/config.ts";
import { initStore, openStore } from "../src/index.ts";
import { openBackends } from "../src/open-backends.ts";
import { temporarySpace } from "../src/temporary.ts";
import { BACKENDS, readAll } from "./stores.ts";

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

/** Uses six buckets of a real S3 server as a store, loses the shards in two of them, and has them made anew. */
export async function useBuckets(
  endpoint: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const vfs = new MemoryVfs();
  const locationOf = (name: string): string => `s3://bucket-${name}?endpoint=${endpoint}`;
  const config = { backends: Object.fromEntries(BACKENDS.map((name) => [name, locationOf(name)])) };
  await initStore(vfs, "store.yaml", config, environment);
  const store = await openStore("store.yaml", { vfs, environment });
  for (const length of [0, 4096, 4097, 300_000, 50_000_000]) {
    await store.put(`o/${length}`, [bytesOf(length)]);
    expect(Buffer.compare(await readAll(store, `o/${length}`), bytesOf(length))).toBe(0);
  }
  await Promise.all([store.put("both", [bytesOf(5000)]), store.put("both", [bytesOf(6000)])]);
  const both = await readAll(store, "both");
  expect(both).toEqual(bytesOf(both.length));
  const filled = checkConfig(config);
  const backends = openBackends(filled, { vfs, environment, temporary: temporarySpace(vfs, filled) });
  for (const name of ["b", "e"]) {
    const backend = backends.find((one) => one.name === name)!;
    for (const shard of await backend.list("shards")) await backend.remove("shards", shard);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get("o/50000000", { range: { start: 1e7, end: 1e7 + 65_536 } })) {
    pieces.push(piece.slice());
  }
  expect(Buffer.compare(Buffer.concat(pieces), bytesOf(50_000_000).subarray(1e7, 1e7 + 65_536))).toBe(0);
  expect(await store.repair()).toMatchObject({ repairedShards: 8, lost: [], failed: [] });
  expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 6, problems: [], orphans: [] });
  for (const { name } of await store.list()) await store.remove(name);
  expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
    objects: 0,
    removed: 0,
  });
}
