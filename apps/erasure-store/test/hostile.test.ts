import { isMillraceError, seededRandom } from "@millrace/base";
import type { MemoryVfs, Vfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { getFolder, openStore } from "../src/index.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../src/manifest.ts";
import { decodeShardHeader, encodeShardHeader, type ShardHeader } from "../src/shard-format.ts";
import {
  filesIn,
  filesOf,
  makeStore,
  readAll,
  readFileBytes,
  SMALL_CONFIG,
  writeFileBytes,
} from "./stores.ts";

const BYTES = seededRandom(1).fill(new Uint8Array(300));
const HUGE = Number.MAX_SAFE_INTEGER;

/** Writes every copy of the object's manifest as somebody would who can compute checksums. */
async function forge(vfs: Vfs, change: Partial<Manifest>): Promise<void> {
  for (const path of await filesIn(vfs, "manifests")) {
    const manifest = decodeManifest(await readFileBytes(vfs, path), path);
    await writeFileBytes(vfs, path, encodeManifest({ ...manifest, ...change }));
  }
}

describe("a forged manifest, whose checksum holds,", () => {
  const shards = (count: number): Manifest["shards"] =>
    Array.from({ length: count }, (_, i) => ({ backend: "abcdef"[i % 6]!, digest: null }));
  it.each<[string, Partial<Manifest>]>([
    ["a huge size", { bytes: HUGE, storedBytes: HUGE }],
    ["a huge size of stored bytes", { storedBytes: HUGE }],
    ["a huge size of the object", { bytes: HUGE }],
    ["huge units", { unitBytes: 16 * 1024 * 1024, storedBytes: HUGE, bytes: HUGE }],
    ["tiny units", { unitBytes: 8, storedBytes: HUGE, bytes: HUGE }],
    ["256 shards", { dataShards: 255, parityShards: 1, shards: shards(256) }],
    ["one shard", { dataShards: 1, parityShards: 0, shards: shards(1) }],
    ["as many shards of another shape", { dataShards: 1, parityShards: 5 }],
    ["another code", { codeFamily: "cauchy" }],
    [
      "an encryption that is none",
      {
        coding: {
          compression: "none",
          encryption: { keyId: "0".repeat(16), wrappedKey: "00".repeat(60) },
          segmentBytes: 65_536,
        },
      },
    ],
    ["huge segments", { coding: { compression: "zstd", encryption: null, segmentBytes: 2 ** 30 } }],
    [
      "huge bytes of a few that are compressed",
      { bytes: HUGE, coding: { compression: "zstd", encryption: null, segmentBytes: 65_536 } },
    ],
    ["a smaller object", { bytes: 10 }],
    ["inline bytes of another size", { inline: "AAAA", shards: [], bytes: HUGE, storedBytes: HUGE }],
    ["inline bytes that are not Base64's length", { inline: "A", shards: [], bytes: 1, storedBytes: 1 }],
    [
      "a backend that is not in the configuration",
      { shards: shards(6).map((one) => ({ ...one, backend: "zz" })) },
    ],
    ["an unknown place for each shard", { shards: shards(6).map(() => ({ backend: null, digest: null })) }],
  ])(
    "with %s is an error of ours or the right bytes, at once and in bounded memory",
    async (_what, change) => {
      const { vfs, store } = await makeStore();
      await store.put("o", [BYTES]);
      await forge(vfs, change);
      const found = await readAll(store, "o").catch((error: unknown) => error);
      if (found instanceof Uint8Array) expect([BYTES, BYTES.subarray(0, 10)]).toContainEqual(found);
      else expect(isMillraceError(found), String(found)).toBe(true);
      for (const work of [
        () => store.list(),
        () => store.stat("o"),
        () => store.verify(),
        () => store.repair(),
        () => store.rebalance(),
        () => store.scrub({ orphanAgeMs: 0 }),
        () => store.rebuildIndex(),
        () => store.remove("o"),
      ]) {
        const error: unknown = await work().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error === undefined || isMillraceError(error), `${work}: ${String(error)}`).toBe(true);
      }
    },
  );

  it("whose name leads out of the folder writes no file", async () => {
    const { vfs, store } = await makeStore();
    await store.put("o", [BYTES]);
    const [path] = await filesIn(vfs, "manifests");
    const manifest = decodeManifest(await readFileBytes(vfs, path!), "x");
    for (const object of ["../../evil", "/evil", "a/../../evil"]) {
      const forged = encodeManifest({ ...manifest, object });
      for (const backend of Object.keys(SMALL_CONFIG.backends)) {
        await writeFileBytes(vfs, `${backend}/manifests/${"0".repeat(64)}.json`, forged);
      }
      expect((await store.list()).map(({ name }) => name)).toEqual(["o"]);
      await getFolder(store, vfs, "", "out");
      expect((await vfs.list(".")).map(({ name }) => name)).toEqual([
        ...Object.keys(SMALL_CONFIG.backends),
        "out",
        "store.yaml",
      ]);
      expect((await vfs.list("out")).map(({ name }) => name)).toEqual(["o"]);
    }
  });
});

describe("a forged shard header, whose checksum holds,", () => {
  it.each<[string, Partial<ShardHeader>]>([
    ["no data shards", { dataShards: 0 }],
    ["more shards than the code has", { dataShards: 255, parityShards: 255 }],
    ["a number behind the last shard", { shardIndex: 6 }],
    ["a code that nobody knows", { codeFamily: "xor" as "cauchy" }],
    ["units of no bytes", { unitBytes: 0 }],
    ["units of an odd size", { unitBytes: 17 }],
    ["units that no memory holds", { unitBytes: 2 ** 32 - 8 }],
    ["a name that leads out", { object: "../../evil" }],
  ])("with %s is refused, and is not what an index is made of", async (_what, change) => {
    const { vfs, store } = await makeStore();
    await store.put("o", [BYTES]);
    for (const path of await filesIn(vfs, "shards")) {
      const bytes = await readFileBytes(vfs, path);
      const { header, headerBytes } = decodeShardHeader(bytes, path);
      const head = encodeShardHeader({ ...header, ...change });
      await writeFileBytes(vfs, path, new Uint8Array([...head, ...bytes.subarray(headerBytes)]));
      if (change.object === undefined) expect(() => decodeShardHeader(head, "x")).toThrow(/^x: at byte \d+/);
    }
    expect(await store.verify()).toMatchObject({ corrupt: 6, lost: 1 });
    for (const path of await filesIn(vfs, "manifests")) await vfs.remove(path);
    expect((await store.rebuildIndex()).rebuilt).toEqual([]);
    expect(await filesIn(vfs, "manifests")).toEqual([]);
    const found = await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
    expect(found.orphans).toHaveLength(6);
    expect(await filesOf(vfs)).toEqual([]);
    expect(await openStore("store.yaml", { vfs: vfs as MemoryVfs })).toBeDefined();
  });
});
