import { checkInteger } from "@millrace/base";
import { abortable, throwIfAborted } from "./abort.ts";

/** Clock and sleep of a {@link RateLimiter}, for tests. */
export interface RateLimiterClock {
  /** Milliseconds that never go back. */
  nowMs(): number;
  sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void>;
}

const SYSTEM_CLOCK: RateLimiterClock = { nowMs: () => performance.now(), sleep: sleepMs };

/**
 * Lets bytes through at a rate: each caller waits until those before are paid for. Time in which nobody came is not
 * saved up, so there are no bursts after a pause.
 *
 * @example
 * const limiter = new RateLimiter(10_000_000); // 10 MB/s
 * await limiter.take(chunk.length, signal);
 */
export class RateLimiter {
  readonly bytesPerSecond: number;
  readonly #clock: RateLimiterClock;
  /** When all that was let through is paid for. */
  #paidMs = 0;

  /** @param bytesPerSecond - 1 to 2^53 - 1 @throws InvalidArgumentError otherwise */
  constructor(bytesPerSecond: number, clock: RateLimiterClock = SYSTEM_CLOCK) {
    const hi = Number.MAX_SAFE_INTEGER;
    this.bytesPerSecond = checkInteger("stream", "bytesPerSecond", bytesPerSecond, 1, hi);
    this.#clock = clock;
  }

  /** Waits for the turn of `bytes`. @throws AbortedError when the signal is aborted */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    checkInteger("stream", "bytes", bytes, 0, Number.MAX_SAFE_INTEGER);
    throwIfAborted(signal, "waiting for bandwidth");
    const nowMs = this.#clock.nowMs();
    const startMs = Math.max(nowMs, this.#paidMs);
    this.#paidMs = startMs + (bytes / this.bytesPerSecond) * 1000;
    if (startMs > nowMs) await this.#clock.sleep(startMs - nowMs, signal);
  }
}

async function sleepMs(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  try {
    await abortable(promise, signal, "waiting for bandwidth");
  } finally {
    clearTimeout(timer);
  }
}
