import { joinPath, makeDurableDirectory, parentPath, type Vfs } from "@millrace/files";
import { orderedParallelMap, Progress } from "@millrace/stream";
import type { PutOptions, PutResult } from "./put.ts";
import type { ReadOptions } from "./read-object.ts";
import type { ErasureStore } from "./store.ts";

/** What putting or getting a folder did. */
export interface FolderResult {
  readonly objects: number;
  readonly bytes: number;
}

/** What a put of a folder did. */
export interface PutFolderResult extends FolderResult {
  readonly failedShards: PutResult["failedShards"];
}

/**
 * Stores every file below a directory as `<prefix>/<its path>`.
 * @throws as `put`; objects that were stored before stay stored
 */
export async function putFolder(
  store: ErasureStore,
  vfs: Vfs,
  prefix: string,
  directory: string,
  { onProgress, ...options }: PutOptions = {},
): Promise<PutFolderResult> {
  const progress = new Progress({ ...(onProgress && { onReport: onProgress }) });
  const put = (path: string): Promise<PutResult> =>
    store.put(joinPath(prefix, path.slice(directory.length + 1)), path, options);
  const result = { objects: 0, bytes: 0, failedShards: [] as PutResult["failedShards"][number][] };
  const { concurrency } = store.config.performance;
  const limits = { concurrency, signal: options.signal };
  for await (const { bytes, failedShards } of orderedParallelMap(filesBelow(vfs, directory), put, limits)) {
    result.objects++;
    result.bytes += bytes;
    result.failedShards.push(...failedShards);
    progress.add(1, bytes);
  }
  progress.finish();
  return result;
}

/**
 * Writes every object whose name begins with `<prefix>/` to a file below a directory.
 * @throws as `getFile`; files that were written before stay
 */
export async function getFolder(
  store: ErasureStore,
  vfs: Vfs,
  prefix: string,
  directory: string,
  { onProgress, ...options }: Omit<ReadOptions, "range"> = {},
): Promise<FolderResult> {
  const start = prefix === "" ? "" : `${prefix}/`;
  const objects = await store.list(start);
  const totalBytes = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new Progress({ totalBytes, ...(onProgress && { onReport: onProgress }) });
  const get = async ({ name }: { readonly name: string }): Promise<number> => {
    // A name has no parts that lead upwards: `put` takes none, and a manifest with one is not read.
    const path = joinPath(directory, name.slice(start.length));
    await makeDurableDirectory(vfs, parentPath(path));
    return (await store.getFile(name, path, options)).bytes;
  };
  const limits = { concurrency: store.config.performance.concurrency, signal: options.signal };
  let bytes = 0;
  for await (const count of orderedParallelMap(objects, get, limits)) {
    bytes += count;
    progress.add(1, count);
  }
  progress.finish();
  return { objects: objects.length, bytes };
}

async function* filesBelow(vfs: Vfs, directory: string): AsyncGenerator<string, void, undefined> {
  for (const { name, kind } of await vfs.list(directory)) {
    const path = joinPath(directory, name);
    if (kind === "directory") yield* filesBelow(vfs, path);
    else if (kind === "file") yield path;
  }
}
