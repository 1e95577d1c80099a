import { throwIfAborted } from "@millrace/stream";
import { commitVersion } from "./commit.ts";
import { parseShardKey } from "./keys.ts";
import { findAll } from "./list.ts";
import type { Manifest, ShardRecord } from "./manifest.ts";
import { readManifests, withLock } from "./manifests.ts";
import { objectKey } from "./object-name.ts";
import type { ShardHeader, ShardTrailer } from "./shard-format.ts";
import { describeShard } from "./shard-header-of.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";

/** What rebuilding found. */
export interface RebuildResult {
  /** Objects that have a manifest again. */
  readonly rebuilt: readonly string[];
  /** Objects of which there are shards, but too few. */
  readonly incomplete: readonly string[];
}

/** The shards of one put that were found. */
interface FoundUpload {
  readonly header: ShardHeader;
  readonly trailer: ShardTrailer;
  readonly shards: Map<number, ShardRecord>;
}

/**
 * Makes manifests anew for objects that have none, from the newest put of which enough shards are there.
 *
 * Small objects lie in their manifests and cannot be rebuilt; each backend has a copy of those. An object whose
 * removal was cut off between manifests and shards comes back.
 */
export async function rebuildIndex(context: StoreContext, { signal }: WorkOptions): Promise<RebuildResult> {
  const { backends } = context;
  const known = new Set<string>();
  for (const { key, manifest } of await findAll(backends, "")) if (manifest !== undefined) known.add(key);
  const uploads = await findUploads(context, known, signal);
  const rebuilt: string[] = [];
  const incomplete: string[] = [];
  for (const [key, found] of uploads) {
    throwIfAborted(signal, "rebuilding the index");
    const complete = found.filter(({ header, shards }) => shards.size >= header.dataShards);
    complete.sort((a, b) => b.header.createdMs - a.header.createdMs);
    const [newest] = complete;
    if (newest === undefined) {
      incomplete.push(found[0]!.header.object);
      continue;
    }
    await withLock(backends, signal, async () => {
      if ((await readManifests(backends, key)).newest !== undefined) return;
      await commitVersion(context, key, manifestOf(newest), 1);
      rebuilt.push(newest.header.object);
    });
  }
  return { rebuilt: rebuilt.sort(), incomplete: incomplete.sort() };
}

async function findUploads(
  { backends }: StoreContext,
  known: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, FoundUpload[]>> {
  const byKey = new Map<string, FoundUpload[]>();
  for (const backend of backends) {
    for (const shard of await backend.list("shards").catch(() => [])) {
      throwIfAborted(signal, "rebuilding the index");
      const key = parseShardKey(shard)?.key;
      if (key === undefined || known.has(key)) continue;
      // A damaged shard is one that is missing; `repair` makes it anew.
      const described = await describeShard(backend, shard).catch(() => undefined);
      if (described === undefined || objectKey(described.header.object) !== key) continue;
      const { header, trailer } = described;
      const found = byKey.get(key) ?? [];
      byKey.set(key, found);
      let upload = found.find((other) => other.header.uploadId === header.uploadId);
      if (upload === undefined) {
        upload = { header, trailer, shards: new Map() };
        found.push(upload);
      }
      upload.shards.set(header.shardIndex, { backend: backend.name, digest: trailer.digest });
    }
  }
  return byKey;
}

function manifestOf({ header, trailer, shards }: FoundUpload): Omit<Manifest, "generation"> {
  const { object, uploadId, createdMs, dataShards, parityShards, codeFamily, unitBytes, coding } = header;
  const { bytes, storedBytes, sha256 } = trailer;
  return {
    object,
    uploadId,
    createdMs,
    bytes,
    storedBytes,
    sha256,
    dataShards,
    parityShards,
    codeFamily,
    unitBytes,
    coding,
    inline: null,
    shards: Array.from(
      { length: dataShards + parityShards },
      (_, i) => shards.get(i) ?? { backend: null, digest: null },
    ),
  };
}
