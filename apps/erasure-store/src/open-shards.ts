import { isMillraceError } from "@millrace/base";
import type { ShardBackend } from "./backend.ts";
import type { Manifest } from "./manifest.ts";
import { settleEnough } from "./settle-enough.ts";
import { ShardInput } from "./shard-input.ts";

/** It is opened, then header and trailer are read. */
const OPEN_STEPS = 3;

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
  /** How many shards are read beside those that are needed, where servers have them. */
  readonly extraReads: number;
  /** When the late ones are among the two as well. */
  readonly settled: Promise<unknown>;
}

/**
 * Opens whatever shards of a version are there and are what they should be.
 * @param isHedged - once enough are open to read the object, those that are later than their backend usually is are
 *   not waited for: they come in when they come
 * @param extraReads - how many more shards than are needed are read at once
 */
export async function openShards(
  backends: readonly ShardBackend[],
  key: string,
  manifest: Manifest,
  { isHedged = false, extraReads = 0 }: { readonly isHedged?: boolean; readonly extraReads?: number } = {},
): Promise<OpenShards> {
  const problems: ShardProblem[] = [];
  const shards: (ShardInput | undefined)[] = manifest.shards.map(() => undefined);
  const closing = new AbortController();
  const openOne = async (name: string | null, shard: number): Promise<void> => {
    const report = (isMissing: boolean, problem: string): void => {
      problems.push({ shard, backend: name, isMissing, problem });
      problems.sort((a, b) => a.shard - b.shard);
    };
    if (name === null) return report(true, "its backend failed when it was put");
    const backend = backends.find((candidate) => candidate.name === name);
    if (backend === undefined) return report(true, "the configuration has no such backend");
    try {
      const opened = await ShardInput.open(backend, key, manifest, shard, closing.signal);
      if (closing.signal.aborted) await opened.close();
      else shards[shard] = opened;
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) report(true, "missing");
      else report(false, error instanceof Error ? error.message : String(error));
    }
  };
  const asked = manifest.shards.map(({ backend: name }, shard) => ({
    answer: openOne(name, shard),
    pace: backends.find((backend) => backend.name === name)?.pace,
  }));
  const settled = Promise.all(asked.map(({ answer }) => answer));
  const isEnough = (): boolean => shards.filter(Boolean).length >= manifest.dataShards;
  if (isHedged) await settleEnough(asked, OPEN_STEPS, isEnough);
  else await settled;
  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all(shards.map((shard) => shard?.close()));
  };
  return { shards, problems, extraReads, settled, [Symbol.asyncDispose]: close };
}

/** A shard with its place, for people: "shard 3 on backend b". */
export function shardName({ shard, backend }: Pick<ShardProblem, "shard" | "backend">): string {
  return backend === null ? `shard ${shard}` : `shard ${shard} on backend ${backend}`;
}
