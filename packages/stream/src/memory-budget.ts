import { CapacityError, checkInteger, InvalidArgumentError } from "@millrace/base";
import type { MetricsRegistry } from "@millrace/metrics";
import { abortedError, throwIfAborted } from "./abort.ts";

/** Someone who waits for bytes. */
interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/** A budget's figures at one moment. */
export interface BudgetStatistics {
  readonly limitBytes: number;
  /** Acquired and not released. */
  readonly usedBytes: number;
  /** The most that was ever in use at once; never above `limitBytes`. */
  readonly peakBytes: number;
  /** Calls of `acquire` that wait now. */
  readonly waiting: number;
}

/**
 * Counts the bytes in flight against a limit, and makes those wait who would exceed it.
 *
 * First come, first served: a small request does not overtake a large one, which would else wait for ever. A request
 * above the whole limit is refused, so that the limit holds without exception. The budget counts; it allocates
 * nothing.
 *
 * @example
 * const budget = new MemoryBudget(64 * 1024 * 1024);
 * await budget.acquire(1024);
 * budget.release(1024);
 */
export class MemoryBudget {
  readonly limitBytes: number;
  /** In order of arrival; a Set, so that one who gives up is taken out at once. */
  readonly #waiting = new Set<Waiter>();
  #usedBytes = 0;
  #peakBytes = 0;

  /** @param limitBytes - 1 to 2^53 - 1 @throws InvalidArgumentError otherwise */
  constructor(limitBytes: number) {
    this.limitBytes = checkInteger("stream", "limitBytes", limitBytes, 1, Number.MAX_SAFE_INTEGER);
  }

  /** The figures now, as a new object. */
  get statistics(): BudgetStatistics {
    const { limitBytes } = this;
    return {
      limitBytes,
      usedBytes: this.#usedBytes,
      peakBytes: this.#peakBytes,
      waiting: this.#waiting.size,
    };
  }

  /** Takes bytes if they are free and nobody waits. @returns whether they were taken @throws as `acquire` */
  tryAcquire(bytes: number): boolean {
    this.#check(bytes);
    if (this.#waiting.size > 0 || this.#usedBytes + bytes > this.limitBytes) return false;
    this.#take(bytes);
    return true;
  }

  /**
   * Takes bytes, waiting until those before have them and they are free.
   * @throws CapacityError `STREAM_BUDGET_EXCEEDED` when `bytes` is above the whole limit
   * @throws AbortedError when the signal is aborted meanwhile; nothing is taken then
   */
  async acquire(bytes: number, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, "waiting for memory");
    if (this.tryAcquire(bytes)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting.delete(waiter);
      reject(abortedError(signal!, "waiting for memory"));
      // It may have been the large one that held up the small ones behind it.
      this.#admit();
    };
    const admit = (): void => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    const waiter: Waiter = { bytes, admit };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(waiter);
    return promise;
  }

  /**
   * Gives bytes back and lets in whoever fits now.
   * @throws InvalidArgumentError `STREAM_BUDGET_RELEASE` for more than is in use: something is released twice
   */
  release(bytes: number): void {
    if (!(Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= this.#usedBytes)) {
      throw new InvalidArgumentError(
        "STREAM_BUDGET_RELEASE",
        "budget release",
        bytes,
        `an integer up to the ${this.#usedBytes} bytes in use`,
      );
    }
    this.#usedBytes -= bytes;
    this.#admit();
  }

  /** Writes the figures into the gauges `<prefix>_used_bytes`, `_peak_bytes`, `_limit_bytes` and `_waiting`. */
  writeTo(registry: MetricsRegistry, prefix = "memory_budget"): void {
    registry.gauge(`${prefix}_limit_bytes`).set(this.limitBytes);
    registry.gauge(`${prefix}_used_bytes`).set(this.#usedBytes);
    registry.gauge(`${prefix}_peak_bytes`).set(this.#peakBytes);
    registry.gauge(`${prefix}_waiting`).set(this.#waiting.size);
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (this.#usedBytes + waiter.bytes > this.limitBytes) return;
      this.#waiting.delete(waiter);
      this.#take(waiter.bytes);
      waiter.admit();
    }
  }

  #take(bytes: number): void {
    this.#usedBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
  }

  #check(bytes: number): void {
    checkInteger("stream", "bytes", bytes, 0, Number.MAX_SAFE_INTEGER);
    if (bytes > this.limitBytes) {
      throw new CapacityError("STREAM_BUDGET_EXCEEDED", "memory budget", bytes, this.limitBytes);
    }
  }
}
