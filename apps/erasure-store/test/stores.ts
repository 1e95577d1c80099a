import { joinPath, MemoryVfs, readFull, type Vfs } from "@millrace/files";
import type { MemoryBudget } from "@millrace/stream";
import { type ErasureStore, initStore, openStore, type StoreConfig } from "../src/index.ts";

/** Names of backends, and their directories. */
export const BACKENDS = ["a", "b", "c", "d", "e", "f"];

/** A configuration with units so small that a few hundred bytes make several stripes. */
export const SMALL_CONFIG: StoreConfig = {
  unitBytes: 16,
  inlineBytes: 0,
  backends: Object.fromEntries(BACKENDS.map((name) => [name, `dir:${name}`])),
};

/** Makes an empty store, in memory unless a file system is given. */
export async function makeStore(
  config: Partial<StoreConfig> = {},
  vfs: Vfs = new MemoryVfs(),
  budget?: MemoryBudget,
): Promise<{ vfs: Vfs; store: ErasureStore }> {
  await initStore(vfs, "store.yaml", { ...SMALL_CONFIG, ...config });
  return { vfs, store: await openStore("store.yaml", { vfs, budget }) };
}

/** All bytes of an object. */
export async function readAll(store: ErasureStore, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get(name)) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}

/** Every file of the backends, hidden ones and locks, too. */
export async function filesOf(vfs: Vfs, backends: readonly string[] = BACKENDS): Promise<string[]> {
  const files: string[] = [];
  for (const backend of backends) {
    for (const directory of [backend, `${backend}/manifests`, `${backend}/shards`]) {
      if (!(await vfs.exists(directory))) continue;
      for (const { name, kind } of await vfs.list(directory)) {
        if (kind === "file") files.push(joinPath(directory, name));
      }
    }
  }
  return files;
}

export async function readFileBytes(vfs: Vfs, path: string): Promise<Uint8Array> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await readFull(file, bytes, 0);
  return bytes;
}

export async function writeFileBytes(vfs: Vfs, path: string, bytes: Uint8Array): Promise<void> {
  await using file = await vfs.open(path, "create-or-truncate");
  await file.write(bytes, 0);
}

/** The shard files, or manifests, of a store with one object, by shard number or backend. */
export async function filesIn(
  vfs: Vfs,
  area: "shards" | "manifests",
  backends: readonly string[] = BACKENDS,
): Promise<string[]> {
  const files = (await filesOf(vfs, backends)).filter((path) => path.includes(`/${area}/`));
  const numberOf = (path: string): number => Number(path.slice(path.lastIndexOf(".") + 1));
  return area === "shards" ? files.sort((x, y) => numberOf(x) - numberOf(y)) : files;
}
