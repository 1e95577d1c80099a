import { formatByteSize } from "@millrace/base";
import type { MetricsSnapshot, ValueSnapshot } from "@millrace/metrics";
import { UPLOAD_PACE } from "./metered-backend.ts";
import { STAGES, type Stage, type StoreMetrics } from "./store-metrics.ts";

/** Where the time went, and what to do about it. */
export interface StageReport {
  /** Seconds by stage, the longest first; stages overlap. */
  readonly stages: readonly { readonly stage: Stage; readonly seconds: number; readonly part: number }[];
  readonly recommendations: readonly string[];
}

const ADVICE: Readonly<Record<Stage, string>> = {
  read: "put the input on a faster disk, or read several files at a time (concurrency)",
  compress: 'turn compression off for what is compressed already (compression: "none")',
  encrypt: "check that the processor has AES instructions",
  code: "use fewer parity shards, or units of 64 KiB",
  hash: 'do without the digest of objects (checksum: "none"); units keep their checksums',
  write: 'more or faster backends, or durability "os" where a power loss may cost the last puts',
  "clean-up": "old versions are removed at each overwrite; fewer backends make that faster",
};

/** A stage that takes less of the time is not worth an advice. */
const NOTABLE_PART = 0.3;

/** Objects of one class of sizes that were put, or got. */
export interface OperationReport {
  readonly operation: string;
  /** The class of sizes. */
  readonly size: string;
  readonly count: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly bytesPerSecond: number;
}

/** What a store has done, and how well. */
export interface StatsReport extends StageReport {
  readonly operations: readonly OperationReport[];
  /** How many stages were at work at a time, on the average. */
  readonly concurrency: number;
  /** How many would be if the longest stage never waited for the others. */
  readonly idealConcurrency: number;
  /** The most memory that stripes took, and the process. */
  readonly stripesPeakBytes: number;
  readonly processPeakBytes: number;
  /** The most that lay in temporary files. */
  readonly temporaryPeakBytes: number;
}

/** Below this part of what would be ideal, stages wait for each other too much. */
const GOOD_OVERLAP = 0.6;

/** A backend that is so many times slower than the middle one is worth an advice. */
const SLOW_FACTOR = 4;

/** Reads the stages out of what a store has counted. */
export function reportStages(metrics: StoreMetrics): StageReport {
  const { stages, recommendations } = reportStats(metrics.snapshot());
  return { stages, recommendations };
}

/** Reads everything out of what a store has counted, in this process or in several. */
export function reportStats({ metrics }: MetricsSnapshot): StatsReport {
  const valuesOf = (name: string): ValueSnapshot[] =>
    metrics.filter((metric): metric is ValueSnapshot => metric.name === name && metric.kind !== "histogram");
  const gauge = (name: string): number => valuesOf(name)[0]?.value ?? 0;
  const stageSeconds = valuesOf("store_stage_seconds_total");
  const busySeconds = stageSeconds.reduce((sum, { value }) => sum + value, 0);
  const stages = STAGES.flatMap((stage) => {
    const seconds = stageSeconds.find(({ labels }) => labels.stage === stage)?.value;
    return seconds === undefined
      ? []
      : [{ stage, seconds, part: busySeconds === 0 ? 0 : seconds / busySeconds }];
  }).sort((a, b) => b.seconds - a.seconds);
  const operations = valuesOf("store_operations_total").map(({ labels, value: count }): OperationReport => {
    const { operation = "", size = "" } = labels;
    const same = (name: string): number =>
      valuesOf(name).find((other) => other.labels.operation === operation && other.labels.size === size)
        ?.value ?? 0;
    const [bytes, seconds] = [same("store_bytes_total"), same("store_seconds_total")];
    const bytesPerSecond = seconds > 0 ? Math.round(bytes / seconds) : 0;
    return { operation, size, count, bytes, seconds, bytesPerSecond };
  });
  const seconds = operations.reduce((sum, operation) => sum + operation.seconds, 0);
  const longest = stages[0]?.seconds ?? 0;
  const concurrency = seconds > 0 ? busySeconds / seconds : 0;
  const idealConcurrency = longest > 0 ? busySeconds / longest : 0;
  const recommendations = stages
    .filter(({ part }) => part >= NOTABLE_PART)
    .map(({ stage, part }) => `${stage} takes ${Math.round(part * 100)} % of the time: ${ADVICE[stage]}`);
  if (concurrency > 0 && concurrency < GOOD_OVERLAP * idealConcurrency) {
    recommendations.push(
      `${concurrency.toFixed(1)} stages work at a time, ${idealConcurrency.toFixed(1)} could: raise concurrency and max_memory_usage, and leave pipeline_uploads on`,
    );
  }
  recommendations.push(...slowBackends(valuesOf(UPLOAD_PACE)));
  return {
    stages,
    recommendations,
    operations,
    concurrency,
    idealConcurrency,
    stripesPeakBytes: gauge("store_stripes_peak_bytes"),
    processPeakBytes: gauge("process_memory_rss_peak_bytes"),
    temporaryPeakBytes: gauge("store_temporary_peak_bytes"),
  };
}

/** Every put waits for the slowest of its backends: one that is far behind the middle one is worth a word. */
function slowBackends(paces: readonly ValueSnapshot[]): string[] {
  const known = paces.filter(({ value }) => value > 0).toSorted((a, b) => a.value - b.value);
  const middle = known[known.length >> 1]?.value ?? 0;
  return known
    .filter(({ value }) => value * SLOW_FACTOR < middle)
    .map(({ labels, value }) => {
      const [own, others] = [formatByteSize(Math.round(value)), formatByteSize(Math.round(middle))];
      return `backend ${labels.backend} takes ${own}/s, the middle one ${others}/s: puts wait for it; mend it, or give it less weight`;
    });
}
