import type { WorkerPool } from "@millrace/stream";
import type { EventBatch } from "./event-batches.ts";
import type { DecodeTask } from "./parallel-load.ts";

/** Threads that decode for one load at a time. */
export type DecodeThreads = WorkerPool<DecodeTask, EventBatch[]>;

/** How long threads wait for another load before they end. */
const IDLE_MS = 10_000;

/** Threads without work: starting one takes longer than decoding ten million events. */
const idle = new Map<DecodeThreads, ReturnType<typeof setTimeout>>();

/** So many threads for a load of its own: those of an earlier load where there are some. Not there in a browser. */
export async function takeDecodeThreads(threads: number): Promise<DecodeThreads> {
  for (const [pool, timer] of idle) {
    if (pool.threads !== threads) continue;
    clearTimeout(timer);
    idle.delete(pool);
    return pool;
  }
  const { WorkerPool } = await import("@millrace/stream");
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new WorkerPool(new URL(`./decode-worker.${ending}`, import.meta.url), { threads });
}

/** Keeps threads, all of whose work is done, for the next load; they do not keep the process alive. */
export function keepDecodeThreads(pool: DecodeThreads): void {
  const timer = setTimeout(() => {
    idle.delete(pool);
    void pool.close();
  }, IDLE_MS);
  timer.unref();
  idle.set(pool, timer);
}
