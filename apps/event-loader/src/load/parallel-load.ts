import { isMillraceError } from "@millrace/base";
import { defaultVfs } from "@millrace/files";
import { Progress } from "@millrace/stream";
import type { EventIndex } from "../index-file/event-index.ts";
import { indexPathOf } from "../index-file/index-file.ts";
import type { RecordingOptions } from "../options.ts";
import { planQuery } from "../query/event-query.ts";
import type { Recording } from "../recording.ts";
import type { EventBatch, EventBatches } from "./event-batches.ts";
import type { LoadPlan } from "./load-options.ts";

/** Shares of a thread: enough that none waits long for another's last. */
const SHARES_PER_WORKER = 4;

/** What a thread decodes: a run of segments, of the recording at `path`. */
export interface DecodeTask {
  readonly path: string;
  readonly options: RecordingOptions;
  readonly first: number;
  readonly end: number;
  readonly rows: number;
}

/**
 * Loads with several threads, each of which decodes runs of an index's segments.
 * @returns false, with nothing done, for one worker, a part of the events, another place than the disk, no known size of
 *   the sensor, or no index
 */
export async function loadInParallel(
  path: string,
  recording: Recording,
  { workers, query, recording: options }: LoadPlan,
  batches: EventBatches,
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
  // Not there in a browser.
  const { WorkerPool } = await import("@millrace/stream");
  const url = new URL(
    import.meta.url.endsWith(".ts") ? "./decode-worker.ts" : "./decode-worker.js",
    import.meta.url,
  );
  await using pool = new WorkerPool<DecodeTask, EventBatch>(url, {
    threads: workers,
    signal: options.signal,
  });
  const { vfs: _vfs, signal: _signal, onProgress: _report, index: _index, ...plain } = options;
  const tasks = sharesOf(index, workers * SHARES_PER_WORKER).map(([first, end]) => {
    const rows = index.eventsBefore(end) - index.eventsBefore(first);
    return pool.run({ path, options: plain, first, end, rows });
  });
  // All are awaited in order; one that fails early must not be an unhandled rejection.
  for (const task of tasks) task.catch(() => {});
  const { onProgress } = options;
  const report = onProgress === undefined ? {} : { onReport: onProgress };
  const progress = new Progress({ totalBytes: recording.size, ...report });
  for (const task of tasks) {
    const batch = await unwrapped(task);
    batches.addBatch(batch);
    progress.add(batch.t.length, (recording.size * batch.t.length) / index.events);
  }
  progress.finish();
  return true;
}

/** What a thread threw is what one thread alone would have thrown. */
async function unwrapped(task: Promise<EventBatch>): Promise<EventBatch> {
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
