import { ClosedError, MillraceError } from "@millrace/base";
import { abortedError } from "./abort.ts";
import { disposeIfDisposable } from "./dispose.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** What a queue carries: anything that knows its bytes. Chunks, batches, typed arrays and ArrayBuffers do. */
export interface SizedItem {
  readonly byteLength: number;
}

interface QueuedItem<T> {
  readonly item: T;
  /** Kept, because an item may answer otherwise once its consumer is done with it. */
  readonly bytes: number;
}

/**
 * A queue between one or more producers and one consumer, bounded in bytes by a budget.
 *
 * An item's bytes are taken in `push` and given back when the consumer asks for the next item or leaves: up to then
 * the item is in the consumer's hands. So two queues in a row need a budget each; with one for both, the first
 * could fill it and the second would wait for ever.
 *
 * Items still queued when the consumer leaves or the signal is aborted are disposed of if they are Disposable.
 *
 * @example
 * const queue = new ByteQueue<ColumnChunk>(new MemoryBudget(64 * 1024 * 1024));
 * // producer: for (…) await queue.push(chunk); queue.close();
 * // consumer: for await (const chunk of queue) { …; chunk.release(); }
 */
export class ByteQueue<T extends SizedItem> implements AsyncIterable<T> {
  readonly #budget: MemoryBudget;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  /** Ends the pushes that wait for bytes. */
  readonly #pushes = new AbortController();
  readonly #items: QueuedItem<T>[] = [];
  #isConsumed = false;
  #isClosed = false;
  /** What the consumer gets after the queued items. */
  #endError: { readonly error: unknown } | undefined;
  /** Why everything stopped at once. */
  #stopError: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param signal - stops both sides at once with an AbortedError */
  constructor(budget: MemoryBudget, signal?: AbortSignal) {
    this.#budget = budget;
    this.#signal = signal;
    this.#onAbort = () => this.#stop(abortedError(signal!, "byte queue"));
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Adds an item, waiting for its bytes. The item is the queue's from then on; when it throws, still the caller's.
   * @throws ClosedError `STREAM_QUEUE_CLOSED` after `close` or `fail`, and once the consumer has left
   * @throws AbortedError when the signal is aborted
   * @throws CapacityError `STREAM_BUDGET_EXCEEDED` when the item is larger than the whole budget
   */
  async push(item: T): Promise<void> {
    const bytes = item.byteLength;
    this.#checkOpen();
    try {
      await this.#budget.acquire(bytes, this.#pushes.signal);
    } catch (error) {
      this.#checkOpen();
      throw error;
    }
    try {
      // The queue may have been closed between the admission and this turn.
      this.#checkOpen();
    } catch (error) {
      this.#budget.release(bytes);
      throw error;
    }
    this.#items.push({ item, bytes });
    this.#wakeConsumer();
  }

  /** Ends the stream after the items that are queued; pushes that wait are refused. Again does nothing. */
  close(): void {
    this.#isClosed = true;
    this.#pushes.abort();
    this.#wakeConsumer();
  }

  /** As `close`, but the consumer gets `error` after the items that are queued. Nothing when it is closed. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#endError = { error };
    this.close();
  }

  /** @throws MillraceError `STREAM_QUEUE_CONSUMED` the second time: a queue has one consumer */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    if (this.#isConsumed) {
      throw new MillraceError(
        "STREAM_QUEUE_CONSUMED",
        "byte queue: it is being consumed already, and each item goes to one consumer; make another queue",
      );
    }
    this.#isConsumed = true;
    return this.#consume();
  }

  async *#consume(): AsyncGenerator<T, void, undefined> {
    let heldBytes = 0;
    try {
      for (;;) {
        this.#budget.release(heldBytes);
        heldBytes = 0;
        if (this.#stopError !== undefined) throw this.#stopError.error;
        const next = this.#items.shift();
        if (next !== undefined) {
          heldBytes = next.bytes;
          yield next.item;
        } else if (!this.#isClosed) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (this.#endError !== undefined) {
          throw this.#endError.error;
        } else {
          return;
        }
      }
    } finally {
      this.#budget.release(heldBytes);
      this.#stop(new ClosedError("STREAM_QUEUE_CLOSED", "byte queue, which its consumer left,"));
    }
  }

  #stop(error: unknown): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#stopError ??= { error };
    this.#isClosed = true;
    this.#pushes.abort();
    for (const { item, bytes } of this.#items.splice(0)) {
      this.#budget.release(bytes);
      disposeIfDisposable(item);
    }
    this.#wakeConsumer();
  }

  #wakeConsumer(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #checkOpen(): void {
    if (this.#stopError !== undefined) throw this.#stopError.error;
    if (this.#isClosed) throw new ClosedError("STREAM_QUEUE_CLOSED", "byte queue");
  }
}
