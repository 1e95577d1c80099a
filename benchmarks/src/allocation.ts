import { GCProfiler, getHeapStatistics } from "node:v8";
import { formatByteSize } from "@millrace/base";
import type { Work } from "./case.ts";

/** Flags of a process that counts allocations: a nursery so large that a run seldom needs a collection. */
export const ALLOCATION_FLAGS: readonly string[] = Object.freeze([
  "--expose-gc",
  "--min-semi-space-size=512",
  "--max-semi-space-size=512",
]);

/** What one run allocates. */
export interface Allocation {
  /** In V8's heap and in array buffers, whether or not it is freed again. */
  readonly bytes: number;
  /**
   * False when array buffers may have been freed by a collection during the run: then `bytes` is a lower bound. V8's
   * heap is counted through collections, buffers outside of it cannot be.
   */
  readonly isExact: boolean;
}

/** "12 KiB", "≥ 12 KiB" for a lower bound, "" where it was not counted. */
export function formatAllocation(allocation: Allocation | undefined): string {
  if (allocation === undefined) return "";
  return `${allocation.isExact ? "" : "≥ "}${formatByteSize(allocation.bytes)}`;
}

/** Runs before the first count: V8 allocates more until it has compiled the work. */
const WARM_UP_RUNS = 3;
const COUNTED_RUNS = 5;

/**
 * Counts what one run of the work allocates, the median of five. Needs {@link ALLOCATION_FLAGS}.
 *
 * What is in use grows by what is allocated and shrinks at each collection; the profiler tells by how much.
 */
export async function allocationOf(work: Work): Promise<Allocation> {
  for (let run = 0; run < WARM_UP_RUNS; run++) await (await work())?.();
  const own = await countOnce(() => {});
  const counts: Allocation[] = [];
  for (let run = 0; run < COUNTED_RUNS; run++) counts.push(await countOnce(work));
  counts.sort((a, b) => a.bytes - b.bytes);
  const { bytes } = counts[COUNTED_RUNS >> 1]!;
  return { bytes: Math.max(0, bytes - own.bytes), isExact: counts.every(({ isExact }) => isExact) };
}

async function countOnce(work: Work): Promise<Allocation> {
  // Twice: what the first collection finds dead outside of the heap is given back by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const profiler = new GCProfiler();
  profiler.start();
  const before = getHeapStatistics();
  const pending = work();
  const cleanUp = pending === undefined ? undefined : await pending;
  const after = getHeapStatistics();
  const collections = profiler.stop().statistics;
  await cleanUp?.();
  const freed = collections.reduce(
    (sum, { beforeGC, afterGC }) =>
      sum + beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
    0,
  );
  const heap = after.used_heap_size - before.used_heap_size + freed;
  const external = Math.max(0, after.external_memory - before.external_memory);
  return { bytes: Math.max(0, heap) + external, isExact: collections.length === 0 };
}
