import type { VerbContext, VerbSpec } from "@millrace/cli";
import type { ShardProblem } from "../open-shards.ts";
import { shardName } from "../open-shards.ts";
import type { WorkOptions } from "../store-context.ts";

/** The flag that every verb has. */
export interface ConfigFlag {
  readonly config: string;
}

type AddFlags = NonNullable<VerbSpec<object>["flags"]>;

/** Adds `--config`. */
export const configFlag: AddFlags = (command) =>
  command.requiredOption("--config <file>", "the store's configuration, as `init` wrote it");

/** A verb's signal, and a bar on stderr. */
export function workOptions(context: VerbContext, label: string): Required<WorkOptions> {
  const bar = context.progress(label);
  return {
    signal: context.signal,
    onProgress: (report) => bar.update(report),
  };
}

/** Bytes a second; 0 when no time could be measured. */
export function rateOf(bytes: number, seconds: number): number {
  return seconds > 0 ? Math.round(bytes / seconds) : 0;
}

/** Seconds since `startMs` of performance.now(). */
export function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}

/** A line for each shard that had to be made good, the first time that it had. */
export function damageNotes(context: VerbContext): (problem: ShardProblem) => void {
  const told = new Set<number>();
  return (problem) => {
    if (told.has(problem.shard)) return;
    told.add(problem.shard);
    context.note(`made good: ${shardName(problem)}: ${problem.problem}`);
  };
}
