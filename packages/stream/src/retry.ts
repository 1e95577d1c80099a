import { checkInteger, resolveOptions } from "@millrace/base";
import { abortable, throwIfAborted } from "./abort.ts";

/** How often and when {@link retry} tries again. */
export interface RetryOptions {
  /** Calls in all, the first included; 1 to 1000. @default 5 */
  readonly attempts?: number;
  /** The first wait is from 0 to this, each further one up to twice the one before; 0 to 3,600,000 ms. @default 100 */
  readonly baseDelayMs?: number;
  /** No wait is longer; 0 to 3,600,000 ms. @default 10,000 */
  readonly maxDelayMs?: number;
  /** Ends waiting and trying. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Whether another attempt may help. @default always */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Numbers in [0, 1) for the jitter. @default Math.random */
  readonly random?: () => number;
  /** Waits; for tests. @default setTimeout */
  readonly sleep?: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** {@link RetryOptions} with every field filled in. */
export type FilledRetryOptions = Required<RetryOptions>;

/** What {@link retry} does where nothing is given. */
export const DEFAULT_RETRY_OPTIONS: FilledRetryOptions = Object.freeze({
  attempts: 5,
  baseDelayMs: 100,
  maxDelayMs: 10_000,
  signal: undefined,
  isRetryable: () => true,
  random: Math.random,
  sleep: sleepMs,
});

/**
 * Calls `work` until it succeeds, waiting longer each time: exponential backoff with full jitter.
 *
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: the wait is random between 0 and
 * min(maxDelayMs, baseDelayMs * 2^n), so that many clients that failed together do not come back together.
 *
 * @param work - gets the attempt's number, from 1
 * @throws what `work` threw last, unchanged, when no attempt is left or it is not retryable
 * @throws AbortedError when the signal is aborted
 */
export async function retry<T>(
  work: (attempt: number) => T | Promise<T>,
  given: RetryOptions = {},
): Promise<T> {
  const options = resolveOptions<FilledRetryOptions>("stream", DEFAULT_RETRY_OPTIONS, given);
  const { signal, isRetryable, random, sleep } = options;
  const attempts = checkInteger("stream", "attempts", options.attempts, 1, 1000);
  const baseDelayMs = checkInteger("stream", "baseDelayMs", options.baseDelayMs, 0, 3_600_000);
  const maxDelayMs = checkInteger("stream", "maxDelayMs", options.maxDelayMs, 0, 3_600_000);
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal, "retrying");
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === attempts || !isRetryable(error)) throw error;
    }
    throwIfAborted(signal, "retrying");
    await sleep(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)), signal);
  }
}

async function sleepMs(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  try {
    await abortable(promise, signal, "retrying");
  } finally {
    clearTimeout(timer);
  }
}
