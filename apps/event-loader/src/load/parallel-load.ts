import { isMillraceError } from "@millrace/base";
import { defaultVfs } from "@millrace/files";
import { abortedError, Progress } from "@millrace/stream";
import type { DecoderState } from "../decoder-state.ts";
import type { EventIndex } from "../index-file/event-index.ts";
import { indexPathOf } from "../index-file/index-file.ts";
import type { RecordingOptions } from "../options.ts";
import { planQuery } from "../query/event-query.ts";
import type { Recording } from "../recording.ts";
import { keepDecodeThreads, takeDecodeThreads } from "./decode-threads.ts";
import type { EventBatch, EventBatches } from "./event-batches.ts";
import type { LoadPlan } from "./load-options.ts";

/** Shares of a thread: with more of them opening takes longer than it gains by even ends. */
const SHARES_PER_WORKER = 2;

/** What a thread decodes: a run of segments, of the recording at `path`. */
export interface DecodeTask {
  readonly path: string;
  readonly options: RecordingOptions;
  readonly start: DecoderState;
  readonly stop: number | undefined;
  /** Polarities become -1 and 1. */
  readonly isSigned: boolean;
}

/**
 * Loads with several threads, each of which decodes runs of an index's segments.
 * @returns false, with nothing done, for one worker, a part of the events, another place than the disk, no known size of
 *   the sensor, or no index
 */
export async function loadInParallel(
  path: string,
  recording: Recording,
  { workers, query, chunkSize, recording: options }: LoadPlan,
  batches: EventBatches,
  isSigned: boolean,
): Promise<boolean> {
  const vfs = options.vfs ?? defaultVfs;
  const isWhole = planQuery(query).filters.length === 0;
  const isOnDisk = path !== "-" && vfs === defaultVfs;
  // Where no header tells the size it comes from all the events, in the order of the file.
  const isSized = recording.width !== undefined && recording.height !== undefined;
  if (workers < 2 || !isWhole || !isOnDisk || !isSized) return false;
  if (!(await vfs.exists(indexPathOf(path)))) return false;
  const index = await recording.openIndex();
  batches.checkRoom(index.events);
  const { vfs: _vfs, signal, onProgress, index: _index, ...plain } = options;
  const report = onProgress === undefined ? {} : { onReport: onProgress };
  const progress = new Progress({ totalBytes: recording.size, ...report });
  const threads = await takeDecodeThreads(workers);
  // What waits for a task then, or asks for one, fails.
  const end = (): void => void threads.close();
  if (signal?.aborted === true) end();
  else signal?.addEventListener("abort", end, { once: true });
  try {
    const tasks = sharesOf(index, workers * SHARES_PER_WORKER).map(([first, last]) => {
      const [start, stop] = [index.stateAt(first), index.offsetAt(last)];
      return threads.run({ path, options: { ...plain, rowsPerChunk: chunkSize }, start, stop, isSigned });
    });
    // All are awaited in order; one that fails early must not be an unhandled rejection.
    for (const task of tasks) task.catch(() => {});
    for (const task of tasks) {
      const before = batches.rowCount;
      for (const batch of await unwrapped(task)) batches.addBatch(batch);
      const rows = batches.rowCount - before;
      progress.add(rows, (recording.size * rows) / index.events);
    }
  } catch (error) {
    await threads.close();
    throw signal?.aborted === true ? abortedError(signal, `loading ${recording.name}`) : error;
  } finally {
    signal?.removeEventListener("abort", end);
  }
  keepDecodeThreads(threads);
  progress.finish();
  return true;
}

/** What a thread threw is what one thread alone would have thrown. */
async function unwrapped(task: Promise<EventBatch[]>): Promise<EventBatch[]> {
  try {
    return await task;
  } catch (error) {
    throw isMillraceError(error, "STREAM_TASK_FAILED") ? error.cause : error;
  }
}

/** Runs of segments with about as many events each. */
function sharesOf(index: EventIndex, count: number): (readonly [first: number, end: number])[] {
  const shares: (readonly [number, number])[] = [];
  let first = 0;
  for (let end = 1; end <= index.length; end++) {
    const isEnough = index.eventsBefore(end) >= (index.events * (shares.length + 1)) / count;
    if (!isEnough && end < index.length) continue;
    shares.push([first, end]);
    first = end;
  }
  return shares;
}
