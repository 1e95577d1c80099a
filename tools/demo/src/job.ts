import { peakResidentBytes } from "@millrace/metrics";

/** One thing that was checked, by other means than the app's own. */
export interface Check {
  readonly what: string;
  readonly isRight: boolean;
}

/** What a job did; one row of the demo's table. */
export interface JobReport {
  readonly job: string;
  readonly input: string;
  readonly sizeBytes: number;
  readonly result: string;
  /** Of the app's main work, without the checks. */
  readonly seconds: number;
  /** Largest resident set of the job's process up to the end of the main work, in bytes. */
  readonly peakBytes: number;
  /** "12.3 M events/s". */
  readonly rate: string;
  readonly checks: readonly Check[];
  /** Files that were made and stay. */
  readonly outputs: readonly string[];
}

export interface JobOptions {
  /** A directory of the job's own, empty. */
  readonly directory: string;
  /** The folder of real recordings, where there is one. */
  readonly dataDirectory: string | undefined;
}

export type Job = (options: JobOptions) => Promise<JobReport>;

/** Runs some work; tells how many seconds it took, and the process's largest resident set so far. */
export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ value: T; seconds: number; peakBytes: number }> {
  const start = performance.now();
  const value = await work();
  const seconds = (performance.now() - start) / 1000;
  return { value, seconds, peakBytes: peakResidentBytes() };
}
