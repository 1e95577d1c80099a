import { Histogram } from "./histogram.ts";

/** Milliseconds of a clock that never goes back; only differences count. */
export type MonotonicClock = () => number;

/** How long things take: a histogram of seconds. */
export class Timer {
  /** What was measured, in seconds. */
  readonly seconds: Histogram = new Histogram();
  readonly #nowMs: MonotonicClock;

  /** @param nowMs - the clock. @default performance.now */
  constructor(nowMs: MonotonicClock = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * Starts one measurement.
   * @returns stops it and counts it; further calls only repeat the answer. Seconds.
   * @example
   * const stop = timer.start();
   * await work();
   * stop();
   */
  start(): () => number {
    const startedMs = this.#nowMs();
    let seconds: number | undefined;
    return () => {
      if (seconds === undefined) {
        seconds = Math.max(0, this.#nowMs() - startedMs) / 1000;
        this.seconds.observe(seconds);
      }
      return seconds;
    };
  }

  /** Measures one call, to the end of its promise; a failure is measured as well and passed on. */
  async measure<T>(work: () => T | Promise<T>): Promise<T> {
    const stop = this.start();
    try {
      return await work();
    } finally {
      stop();
    }
  }
}
