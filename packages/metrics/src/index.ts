export { Counter } from "./counter.ts";
export { Gauge } from "./gauge.ts";
export { Histogram, type HistogramBucket, QUANTILE_RELATIVE_ERROR } from "./histogram.ts";
export {
  DEFAULT_MEMORY_SAMPLER_OPTIONS,
  MemorySampler,
  type MemorySamplerOptions,
  type MemoryStatistics,
  type MemoryUsage,
} from "./memory-sampler.ts";
export { MovingAverage } from "./moving-average.ts";
export { peakResidentBytes } from "./peak-memory.ts";
export { PROMETHEUS_CONTENT_TYPE, toPrometheusText } from "./prometheus.ts";
export {
  DEFAULT_METRIC_OPTIONS,
  type MetricOptions,
  MetricsRegistry,
  SNAPSHOT_QUANTILES,
} from "./registry.ts";
export type {
  HistogramSnapshot,
  MetricHead,
  MetricSnapshot,
  MetricsSnapshot,
  ValueSnapshot,
} from "./snapshot.ts";
export { type MonotonicClock, Timer } from "./timer.ts";
