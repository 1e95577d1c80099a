import { IoError, isMillraceError, MillraceError } from "@millrace/base";
import type { VerbContext, VerbSpec } from "@millrace/cli";
import { byteSize, formatFacts, integerBetween } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import type { ShardProblem } from "../open-shards.ts";
import { shardName } from "../open-shards.ts";
import { addStats } from "../stats-file.ts";
import { type ErasureStore, openStore } from "../store.ts";
import type { WorkOptions } from "../store-context.ts";

/** The flags that every verb has. */
export interface ConfigFlag {
  readonly config: string;
  readonly quiet?: boolean;
  readonly memoryThreshold?: number;
  readonly maxMemoryUsage?: number;
  readonly concurrency?: number;
  readonly tempDirectory?: string;
  readonly useRamdisk?: boolean;
  readonly uploadLimit?: number;
  readonly downloadLimit?: number;
}

type AddFlags = NonNullable<VerbSpec<object>["flags"]>;

/** Where the configuration is when nobody says so: MILLRACE_STORE_CONFIG, else in the working directory. */
export function defaultConfigPath(): string {
  return process.env.MILLRACE_STORE_CONFIG || "store.yaml";
}

/** Adds `--config` and what lies over the configuration. */
export const configFlag: AddFlags = (command) =>
  command
    .option("--config <file>", "the store's configuration, as `init` wrote it", defaultConfigPath())
    .option("--quiet", "no notes, no bars and no summary: errors, and what was asked for")
    .option("--memory-threshold <size>", "files up to this size are read whole", byteSize)
    .option("--max-memory-usage <size>", "most memory of stripes", byteSize)
    .option("--upload-limit <size>", "most bytes a second to all backends", byteSize)
    .option("--download-limit <size>", "most bytes a second from all backends", byteSize)
    .option("--temp-directory <path>", "where that goes which a server must be given whole")
    .option("--use-ramdisk", "such files may lie in memory")
    .option("--concurrency <n>", "files of a folder at a time", integerBetween(1, 256));

/** A store with the flags over the environment over its file. */
export async function openFromFlags(flags: ConfigFlag): Promise<ErasureStore> {
  if (!(await diskVfs.exists(flags.config))) {
    const problem = "there is no such file; `init` makes a store, --config says where its configuration is";
    throw new IoError("FILES_NOT_FOUND", flags.config, "open", problem);
  }
  const overrides = {
    ...(flags.quiet === true && { log_level: "error" as const }),
    performance: {
      ...(flags.memoryThreshold !== undefined && { memory_threshold: flags.memoryThreshold }),
      ...(flags.maxMemoryUsage !== undefined && { max_memory_usage: flags.maxMemoryUsage }),
      ...(flags.tempDirectory !== undefined && { temp_directory: flags.tempDirectory }),
      ...(flags.uploadLimit !== undefined && { upload_limit: flags.uploadLimit }),
      ...(flags.downloadLimit !== undefined && { download_limit: flags.downloadLimit }),
      ...(flags.useRamdisk !== undefined && { use_ramdisk: flags.useRamdisk }),
      ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
    },
  };
  return await openStore(flags.config, { environment: process.env, overrides });
}

/** A verb's signal, and a bar on stderr where the level of notes has bars. */
export function workOptions(
  context: VerbContext,
  store: ErasureStore,
  label: string,
): WorkOptions & { readonly signal: AbortSignal } {
  const level = store.config.log_level;
  if (level === "error" || level === "warn") return { signal: context.signal };
  const bar = context.progress(label);
  return { signal: context.signal, onProgress: (report) => bar.update(report) };
}

/** Writes a note on stderr, unless the level of notes is "error". */
export function note(context: VerbContext, store: ErasureStore, line: string): void {
  if (store.config.log_level !== "error") context.note(line);
}

/** The text of a verb that does something: its facts, or none with `--quiet`. */
export function summaryOf(
  flags: ConfigFlag,
  facts: Parameters<typeof formatFacts>[0],
): { readonly text: string } | undefined {
  return flags.quiet === true ? undefined : { text: formatFacts(facts) };
}

/** A line for each backend that is not there, with what to do. */
export function absentRows(absent: readonly string[]): [string, string][] {
  return absent.map((name) => [
    `backend ${name}`,
    `is not there: bring it back; where it is new, or empty, \`repair --replaced ${name}\` makes it one`,
  ]);
}

/** Bytes a second; 0 when no time could be measured. */
export function rateOf(bytes: number, seconds: number): number {
  return seconds > 0 ? Math.round(bytes / seconds) : 0;
}

/** Seconds since `startMs` of performance.now(). */
export function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}

/**
 * Says of a name that is none, and below which there are objects, that it is a folder.
 * @throws what `work` throws
 */
export async function hintFolder<T>(store: ErasureStore, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isMillraceError(error, "STORE_OBJECT_UNKNOWN")) throw error;
    const below = (await store.list(`${name}/`)).length;
    if (below === 0) throw error;
    const hint = `there is no object "${name}", but ${below} below it: \`get ${name}/ DIRECTORY\` has them all, \`ls ${name}/\` their names`;
    throw new MillraceError("STORE_OBJECT_UNKNOWN", hint);
  }
}

/** A line for each shard that had to be made good, the first time that it had. */
export function damageNotes(context: VerbContext, store: ErasureStore): (problem: ShardProblem) => void {
  const told = new Set<number>();
  return (problem) => {
    if (told.has(problem.shard)) return;
    told.add(problem.shard);
    note(context, store, `made good: ${shardName(problem)}: ${problem.problem}`);
  };
}

/** Adds what this command has counted to what `stats` shows. */
export async function keepStats(context: VerbContext, flags: ConfigFlag, store: ErasureStore): Promise<void> {
  try {
    await addStats(diskVfs, flags.config, store.metrics.snapshot());
  } catch (error) {
    // The work is done: that a directory is read-only or full must not make it a failure.
    if (store.config.log_level !== "debug") return;
    context.note(`not counted: ${error instanceof Error ? error.message : String(error)}`);
  }
}
