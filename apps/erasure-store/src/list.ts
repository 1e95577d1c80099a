import { MillraceError } from "@millrace/base";
import { orderedParallelMap } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { shardKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import { type ManifestCopy, problemOf, readManifests } from "./manifests.ts";
import type { StoreContext } from "./store-context.ts";

/** One line of a list. */
export interface ListedObject {
  readonly name: string;
  readonly bytes: number;
  /** How many shards it was put with. */
  readonly shards: number;
  /** How many of them lie where they were put; `verify` tells whether they are whole. */
  readonly shardsPresent: number;
}

/** Objects whose manifests are read at a time. */
const MANIFESTS_AT_A_TIME = 8;

/** An object as the store's manifests know it. */
export interface StoredObject {
  readonly key: string;
  /** Undefined when no copy can be read. */
  readonly manifest: Manifest | undefined;
  readonly copies: readonly ManifestCopy[];
}

/**
 * The objects whose names begin with `prefix`, by name; those without a manifest that can be read come last.
 * @throws MillraceError `STORE_BACKENDS_ABSENT` when no backend is there
 */
export async function findObjects(
  backends: readonly ShardBackend[],
  prefix: string,
): Promise<StoredObject[]> {
  return (await findAll(backends, prefix)).filter(({ manifest }) => manifest?.removed !== true);
}

/** As `findObjects`, and what was removed while backends were away. */
export async function findAll(backends: readonly ShardBackend[], prefix: string): Promise<StoredObject[]> {
  const listed = await Promise.allSettled(backends.map((backend) => backend.list("manifests")));
  if (listed.every(({ status }) => status === "rejected")) {
    const reasons = listed.map((result, i) =>
      result.status === "rejected" ? `${backends[i]!.name}: ${problemOf(result.reason)}` : "",
    );
    throw new MillraceError("STORE_BACKENDS_ABSENT", `no backend is there; ${reasons.join("; ")}`);
  }
  const keys = new Set(listed.flatMap((result) => (result.status === "fulfilled" ? result.value : [])));
  const read = async (manifestKey: string): Promise<StoredObject> => {
    const key = manifestKey.replace(/\.json$/, "");
    const { copies, newest: manifest } = await readManifests(backends, key);
    return { key, manifest, copies };
  };
  const objects: StoredObject[] = [];
  for await (const object of orderedParallelMap(keys, read, { concurrency: MANIFESTS_AT_A_TIME })) {
    if (object.manifest === undefined || object.manifest.object.startsWith(prefix)) objects.push(object);
  }
  return objects.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** The objects of a store with a look at which shards are there. */
export async function listObjects({ backends }: StoreContext, prefix: string): Promise<ListedObject[]> {
  const objects = await findObjects(backends, prefix);
  const shards = new Map<string | null, ReadonlySet<string>>();
  for (const backend of backends) {
    // A backend that is not there has none; the count of shards tells.
    shards.set(backend.name, new Set(await backend.list("shards").catch(() => [])));
  }
  return objects.flatMap(({ key, manifest }) => {
    if (manifest === undefined) return [];
    const present = manifest.shards.filter(({ backend }, i) =>
      shards.get(backend)?.has(shardKey(key, manifest.uploadId, i)),
    );
    const { object: name, bytes } = manifest;
    return [{ name, bytes, shards: manifest.shards.length, shardsPresent: present.length }];
  });
}

/** Highest of all strings for an object without a name: it sorts last. */
function nameOf({ manifest }: StoredObject): string {
  return manifest?.object ?? "\uffff";
}
