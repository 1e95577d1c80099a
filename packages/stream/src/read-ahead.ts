import { ByteQueue, type SizedItem } from "./byte-queue.ts";
import { disposeIfDisposable } from "./dispose.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/**
 * Lets a source run ahead of its consumer by as many bytes as the budget has; one more item may wait in its hands.
 *
 * Order and errors stay as they were: an error of the source comes after the items before it. When the consumer
 * leaves or the signal is aborted, what was read ahead is disposed of.
 *
 * @throws AbortedError when the signal is aborted
 * @throws CapacityError `STREAM_BUDGET_EXCEEDED` for an item larger than the whole budget
 */
export async function* readAhead<T extends SizedItem>(
  source: AsyncIterable<T>,
  budget: MemoryBudget,
  signal?: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const queue = new ByteQueue<T>(budget, signal);
  const pumped = pump(source, queue);
  try {
    yield* queue;
  } finally {
    // The source ends its own work first, unless it was told to by the signal and may not be listening.
    if (!signal?.aborted) await pumped;
  }
}

async function pump<T extends SizedItem>(source: AsyncIterable<T>, queue: ByteQueue<T>): Promise<void> {
  try {
    for await (const item of source) {
      try {
        await queue.push(item);
      } catch (error) {
        disposeIfDisposable(item);
        throw error;
      }
    }
    queue.close();
  } catch (error) {
    queue.fail(error);
  }
}
