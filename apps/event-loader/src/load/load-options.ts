import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { availableMemoryBytes } from "@millrace/stream";
import { DEFAULT_RECORDING_OPTIONS, type RecordingOptions } from "../options.ts";
import type { EventQuery } from "../query/event-query.ts";

/** How polarity is written into a table: -1/1 or 0/1; "auto" is -1/1 for EVT2 and 0/1 for every other format. */
export type PolarityCoding = "auto" | "unsigned" | "signed";

/** How a recording is loaded. */
export interface LoadOptions extends Omit<RecordingOptions, "rowsPerChunk" | "pool"> {
  /** @default "auto" */
  readonly polarity?: PolarityCoding;
  /** The events that are wanted. @default all */
  readonly query?: EventQuery;
  /** Above so many events, as the size tells, the columns are not joined; 0 and more. @default 5,000,000 */
  readonly streamingThreshold?: number;
  /** Rows decoded at a time, and of a record batch above the threshold; 32 to 16,777,216. @default 262,144 */
  readonly chunkSize?: number;
  /** Most bytes of columns at once. @default 25 % of the available memory */
  readonly memoryLimit?: number | undefined;
  /** Threads that decode, where the recording has an index and is a path on the disk; 1 to 64. @default 1 */
  readonly workers?: number;
}

/** Fewer and larger buffers than `events()` has: these stay, and memory comes faster in large pieces. */
const ROWS_PER_BATCH = 262_144;

/** What {@link LoadOptions} are when they are not given. */
export const DEFAULT_LOAD_OPTIONS: Required<LoadOptions> = Object.freeze({
  ...withoutChunks(DEFAULT_RECORDING_OPTIONS),
  polarity: "auto",
  query: {},
  streamingThreshold: 5_000_000,
  chunkSize: ROWS_PER_BATCH,
  memoryLimit: undefined,
  workers: 1,
});

/** Options that were checked, and those of the recording apart. */
export interface LoadPlan {
  readonly recording: RecordingOptions;
  readonly polarity: PolarityCoding;
  readonly query: EventQuery;
  readonly streamingThreshold: number;
  readonly chunkSize: number;
  readonly memoryLimit: number;
  readonly workers: number;
}

/** Checks options and fills them up. @throws InvalidArgumentError */
export function planLoad(options: LoadOptions): LoadPlan {
  const { polarity, query, streamingThreshold, chunkSize, memoryLimit, workers, ...recording } =
    resolveOptions<Required<LoadOptions>>("events", DEFAULT_LOAD_OPTIONS, options);
  checkOneOf("events", "polarity", polarity, ["auto", "unsigned", "signed"]);
  checkInteger("events", "streamingThreshold", streamingThreshold, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("events", "chunkSize", chunkSize, 32, 2 ** 24);
  checkInteger("events", "workers", workers, 1, 64);
  const limit = memoryLimit ?? Math.max(1, Math.floor(availableMemoryBytes() / 4));
  checkInteger("events", "memoryLimit", limit, 1, Number.MAX_SAFE_INTEGER);
  return { recording, polarity, query, streamingThreshold, chunkSize, memoryLimit: limit, workers };
}

function withoutChunks({
  rowsPerChunk: _rows,
  pool: _pool,
  ...others
}: Required<RecordingOptions>): Omit<Required<RecordingOptions>, "rowsPerChunk" | "pool"> {
  return others;
}
