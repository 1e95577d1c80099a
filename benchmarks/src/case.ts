/** One run of a contender's work. What it resolves to takes away what it left behind, when the clock has stopped. */
export type Work = () => void | Promise<void> | Promise<() => void | Promise<void>>;

/** One way of doing a case's work: ours, or a named peer's. */
export interface Contender {
  readonly name: string;
  /** Units of one of its runs, where that is too many for a slow peer. @default the case's amount */
  readonly amount?: number;
  /**
   * Makes the input, checks that the result is right, and returns the work to be timed. Several works (one a width,
   * say) are timed one by one and count by their geometric mean.
   * @throws PeerMissingError when the peer is not installed
   * @throws Error when the result is wrong: nothing is timed then
   */
  prepare(): Promise<Work | readonly Work[]>;
  /** Of a case that counts: bytes, say, of which fewer are better. They stand where seconds do. */
  count?(): Promise<number>;
}

/** A peer in Python: a program of `src/python`, in the interpreter that has the peers' packages. */
export interface PythonContender {
  readonly name: string;
  /** Units of one of its runs. @default the case's amount */
  readonly amount?: number;
  /** File name below `src/python`; it checks its result, times it and prints a {@link Measurement}. */
  readonly script: string;
  readonly args: readonly string[];
}

/** A ratio to reach: our rate by that of the best of the peers that ran, or by a rate that is named. */
export type Reach =
  | {
      readonly ratio: number;
      /** The peers that count, by their names. @default all */
      readonly peers?: readonly string[];
    }
  | {
      /** Units a second; it holds for the machine that the figure was set for. */
      readonly perSecond: number;
    };

/** A benchmark: the same work by us and by named peers, each in a fresh process. */
export interface BenchmarkCase {
  /** What one run handles: "values", "bytes", "operations". */
  readonly unit: string;
  /** How many units one run handles. */
  readonly amount: number;
  readonly ours: Contender;
  readonly peers: readonly (Contender | PythonContender)[];
  readonly reach?: Reach;
  /** Its contenders count something; nothing is timed. @default false */
  readonly isCounted?: boolean;
  /** Too large for every day: runs with `--full` only. @default false */
  readonly isFull?: boolean;
  /** Its input takes too long to make for a test, which runs every other case once. @default false */
  readonly isHeavy?: boolean;
}

/** The cases of one file below `cases`, by their names. */
export type BenchmarkCases = Readonly<Record<string, BenchmarkCase>>;

/** What one fresh process measured. */
export interface Measurement {
  /** Seconds of each timed run; of several works the geometric mean over them. */
  readonly seconds: readonly number[];
  /** Largest resident set of the process, in bytes. */
  readonly peakBytes: number;
  /** Seconds of a fixed piece of arithmetic in the same process, in Node: how fast this machine is just now. */
  readonly baselineSeconds?: number;
}
