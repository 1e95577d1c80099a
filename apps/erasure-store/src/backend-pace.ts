import { MovingAverage } from "@millrace/metrics";

/** What is small enough that its time is the way there and back. */
const SMALL_BYTES = 16 * 1024;
/** Deviations from the mean after which an answer is late (RFC 6298, section 2.3). */
const LATE_DEVIATIONS = 4;
/** Nothing is late sooner: a busy machine takes as long by itself. */
const LEAST_LATE_MS = 50;
/** How long a backend is waited for that has not answered yet. */
const UNKNOWN_LATE_MS = 1000;

/** How fast a backend answers, or takes what it is given, in averages that follow it. */
export class BackendPace {
  /** Milliseconds of a small request. */
  readonly latency: MovingAverage = new MovingAverage();
  /** Milliseconds a byte of large ones, the latency taken off. */
  readonly #msPerByte = new MovingAverage();

  /** Bytes a second of large requests; undefined when there was none. */
  get bytesPerSecond(): number | undefined {
    return this.#msPerByte.mean > 0 ? 1000 / this.#msPerByte.mean : undefined;
  }

  /** Counts a request that took so long. */
  observe(bytes: number, ms: number): void {
    if (bytes <= SMALL_BYTES) this.latency.add(ms);
    else this.#msPerByte.add(Math.max(0, ms - this.latency.mean) / bytes);
  }

  /** How long a read will take; 0 where nothing is known. */
  expectedMs(bytes: number): number {
    return this.latency.mean + bytes * this.#msPerByte.mean;
  }

  /**
   * How many requests of so many bytes keep the way to the backend full: while the bytes of one are on it, the next ones
   * begin (the product of bandwidth and delay). Undefined where not enough is known.
   */
  inFlight(bytes: number): number | undefined {
    const transferMs = bytes * this.#msPerByte.mean;
    return transferMs > 0 && this.latency.count > 0
      ? Math.ceil(1 + this.latency.mean / transferMs)
      : undefined;
  }

  /** After how long a read is so late that another backend should be asked, too. */
  lateAfterMs(bytes: number): number {
    if (this.latency.count === 0) return UNKNOWN_LATE_MS;
    const bound = this.latency.bound(LATE_DEVIATIONS) + bytes * this.#msPerByte.bound(LATE_DEVIATIONS);
    return Math.max(LEAST_LATE_MS, bound);
  }
}
