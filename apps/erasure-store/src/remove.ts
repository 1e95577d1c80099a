import { MillraceError } from "@millrace/base";
import { manifestKey } from "./keys.ts";
import { absentBackends, findManifest, readManifests, removeShards, withLock } from "./manifests.ts";
import { objectKey } from "./object-name.ts";
import type { StoreContext } from "./store-context.ts";

/**
 * Removes exactly one object. Every backend must be there: a manifest on one that comes back later would bring back
 * an object without shards.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_BACKENDS_ABSENT`
 */
export async function removeObject(
  { backends }: StoreContext,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = objectKey(name);
  const absent = await absentBackends(backends);
  if (absent.length > 0) {
    throw new MillraceError(
      "STORE_BACKENDS_ABSENT",
      `"${name}" was not removed: backend ${absent.join(", ")} is not there, and the object would come back with it; bring it back first`,
    );
  }
  await withLock(backends, signal, async () => {
    await findManifest(backends, key, name);
    const { copies } = await readManifests(backends, key);
    // Manifests first: shards without a manifest waste space, a manifest without shards is a lost object.
    await Promise.all(backends.map((backend) => backend.remove("manifests", manifestKey(key))));
    await removeShards(
      backends,
      key,
      copies.flatMap((copy) => copy.manifest ?? []),
    );
  });
}
