import type { HistogramBucket } from "./histogram.ts";

/** What every metric says of itself. */
export interface MetricHead {
  readonly name: string;
  /** One sentence for people; may be empty. */
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A counter or a gauge at one moment. */
export interface ValueSnapshot extends MetricHead {
  readonly kind: "counter" | "gauge";
  readonly value: number;
}

/** A histogram or a timer (then in seconds) at one moment. */
export interface HistogramSnapshot extends MetricHead {
  readonly kind: "histogram";
  readonly count: number;
  readonly sum: number;
  /** Exact; null while the count is 0. */
  readonly min: number | null;
  readonly max: number | null;
  /** Within 1/64 of the exact value each; empty while the count is 0. */
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
  /** The buckets that hold something, ascending. */
  readonly buckets: readonly HistogramBucket[];
}

/** One metric at one moment. */
export type MetricSnapshot = ValueSnapshot | HistogramSnapshot;

/** All metrics of a registry at one moment: plain JSON, there and back. */
export interface MetricsSnapshot {
  readonly metrics: readonly MetricSnapshot[];
}
