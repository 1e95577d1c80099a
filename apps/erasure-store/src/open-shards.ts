import { isMillraceError } from "@millrace/base";
import type { ShardBackend } from "./backend.ts";
import type { Manifest } from "./manifest.ts";
import { ShardInput } from "./shard-input.ts";

/** A shard, or a part of it, that cannot be used. */
export interface ShardProblem {
  readonly shard: number;
  /** Null when no backend took it at the put. */
  readonly backend: string | null;
  readonly isMissing: boolean;
  readonly problem: string;
}

/** The shards of one object that could be opened, by number, and what is wrong with the others. */
export interface OpenShards extends AsyncDisposable {
  readonly shards: readonly (ShardInput | undefined)[];
  readonly problems: readonly ShardProblem[];
}

/** Opens whatever shards of a version are there and are what they should be. */
export async function openShards(
  backends: readonly ShardBackend[],
  key: string,
  manifest: Manifest,
): Promise<OpenShards> {
  const problems: ShardProblem[] = [];
  const shards = await Promise.all(
    manifest.shards.map(async ({ backend: name }, shard) => {
      const report = (isMissing: boolean, problem: string): undefined => {
        problems.push({ shard, backend: name, isMissing, problem });
      };
      if (name === null) return report(true, "its backend failed when it was put");
      const backend = backends.find((candidate) => candidate.name === name);
      if (backend === undefined) return report(true, "the configuration has no such backend");
      try {
        return await ShardInput.open(backend, key, manifest, shard);
      } catch (error) {
        return isMillraceError(error, "FILES_NOT_FOUND")
          ? report(true, "missing")
          : report(false, error instanceof Error ? error.message : String(error));
      }
    }),
  );
  problems.sort((a, b) => a.shard - b.shard);
  const close = async (): Promise<void> => {
    await Promise.all(shards.map((shard) => shard?.close()));
  };
  return { shards, problems, [Symbol.asyncDispose]: close };
}

/** A shard with its place, for people: "shard 3 on backend b". */
export function shardName({ shard, backend }: Pick<ShardProblem, "shard" | "backend">): string {
  return backend === null ? `shard ${shard}` : `shard ${shard} on backend ${backend}`;
}
