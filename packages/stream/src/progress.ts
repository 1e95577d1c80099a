import { checkInteger, resolveOptions } from "@millrace/base";

/** How far some work is. */
export interface ProgressReport {
  readonly rows: number;
  readonly bytes: number;
  /** Bytes in all; null when nobody knows. */
  readonly totalBytes: number | null;
  /** Since the start; 0 while no time has passed. */
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** At the rate so far; null when it cannot be told. */
  readonly secondsLeft: number | null;
  readonly isFinal: boolean;
}

/** What a {@link Progress} reports to, and how often. */
export interface ProgressOptions {
  /** Gets the reports. @default nobody */
  readonly onReport?: (report: ProgressReport) => void;
  /** Bytes in all. @default unknown */
  readonly totalBytes?: number | undefined;
  /** Least time between two reports; 0 to 3,600,000 ms. @default 100 */
  readonly intervalMs?: number;
  /** A clock in milliseconds that never goes back. @default performance.now */
  readonly nowMs?: () => number;
}

/** What a {@link Progress} uses where nothing is given. */
export const DEFAULT_PROGRESS_OPTIONS: Required<ProgressOptions> = Object.freeze({
  onReport: () => {},
  totalBytes: undefined,
  intervalMs: 100,
  nowMs: () => performance.now(),
});

/**
 * Counts rows and bytes and reports them at most once an interval, and once at the end.
 *
 * It has no timer: reports come from `add`, so work that stands still reports nothing.
 */
export class Progress {
  readonly #options: Required<ProgressOptions>;
  readonly #startedMs: number;
  #reportedMs: number;
  #rows = 0;
  #bytes = 0;
  #isFinished = false;

  /** Starts the clock. @throws InvalidArgumentError for an unknown option or one outside its range */
  constructor(options: ProgressOptions = {}) {
    this.#options = resolveOptions<Required<ProgressOptions>>("stream", DEFAULT_PROGRESS_OPTIONS, options);
    checkInteger("stream", "intervalMs", this.#options.intervalMs, 0, 3_600_000);
    this.#startedMs = this.#options.nowMs();
    this.#reportedMs = this.#startedMs;
  }

  /** Counts what was done since the last call, once a chunk or so, and reports when it is time. */
  add(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
    const nowMs = this.#options.nowMs();
    if (this.#isFinished || nowMs - this.#reportedMs < this.#options.intervalMs) return;
    this.#reportedMs = nowMs;
    this.#options.onReport(this.#reportAt(nowMs, false));
  }

  /** Sends the final report, whatever the time; once only. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#options.onReport(this.#reportAt(this.#options.nowMs(), true));
  }

  /** The state now, without sending it. */
  report(): ProgressReport {
    return this.#reportAt(this.#options.nowMs(), this.#isFinished);
  }

  #reportAt(nowMs: number, isFinal: boolean): ProgressReport {
    const seconds = (nowMs - this.#startedMs) / 1000;
    const totalBytes = this.#options.totalBytes ?? null;
    const rowsPerSecond = seconds > 0 ? this.#rows / seconds : 0;
    const bytesPerSecond = seconds > 0 ? this.#bytes / seconds : 0;
    const canTell = totalBytes !== null && bytesPerSecond > 0;
    const secondsLeft = canTell ? Math.max(0, totalBytes - this.#bytes) / bytesPerSecond : null;
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      totalBytes,
      rowsPerSecond,
      bytesPerSecond,
      secondsLeft,
      isFinal,
    };
  }
}
