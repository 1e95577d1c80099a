/** One way of doing a case's work: ours, or a named peer's. */
export interface Contender {
  readonly name: string;
  /**
   * Makes the input, checks that the result is right, and returns the work to be timed.
   * @throws Error when the result is wrong: nothing is timed then
   */
  prepare(): Promise<() => void | Promise<void>>;
}

/** A benchmark: the same work by us and by named peers, each in a fresh process. */
export interface BenchmarkCase {
  /** What one run handles: "values", "bytes", "operations". */
  readonly unit: string;
  /** How many units one run handles. */
  readonly amount: number;
  readonly ours: Contender;
  readonly peers: readonly Contender[];
}

/** What one fresh process measured. */
export interface Measurement {
  /** Seconds of each timed run. */
  readonly seconds: readonly number[];
  /** Largest resident set of the process, in bytes. */
  readonly peakBytes: number;
  /** Seconds of a fixed piece of arithmetic in the same process: how fast this machine is just now. */
  readonly baselineSeconds: number;
}
