import type { Coding } from "./coding.ts";
import { findManifest } from "./manifests.ts";
import { objectKey } from "./object-name.ts";
import { openShards, type ShardProblem } from "./open-shards.ts";
import type { StoreContext } from "./store-context.ts";

/** What is known of one object. */
export interface ObjectStatus {
  readonly name: string;
  readonly bytes: number;
  /** What compression and encryption made of it; parity not counted. */
  readonly storedBytes: number;
  /** Null where none was asked for, and of encrypted objects, whose digest is keyed. */
  readonly sha256: string | null;
  /** Whether `get` of all of it and `verify` check a digest of the object. */
  readonly hasDigest: boolean;
  readonly createdMs: number;
  readonly generation: number;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly coding: Coding;
  /** True when its bytes lie in its manifest, and it has no shards. */
  readonly isInline: boolean;
  /** Backends of its shards, by number; null where none took one. */
  readonly backends: readonly (string | null)[];
  /** Shards that are missing or do not look as they should from outside; `verify` reads them. */
  readonly problems: readonly ShardProblem[];
}

/** Looks at one object. @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_MANIFEST_LOST` */
export async function statObject({ backends }: StoreContext, name: string): Promise<ObjectStatus> {
  const key = objectKey(name);
  const manifest = await findManifest(backends, key, name);
  await using open = await openShards(backends, key, manifest);
  const { bytes, storedBytes, sha256, createdMs, generation, dataShards, parityShards, coding } = manifest;
  return {
    name,
    bytes,
    storedBytes,
    sha256: coding.encryption === null ? sha256 : null,
    hasDigest: sha256 !== null,
    createdMs,
    generation,
    dataShards,
    parityShards,
    coding,
    isInline: manifest.inline !== null,
    backends: manifest.shards.map(({ backend }) => backend),
    problems: open.problems,
  };
}
