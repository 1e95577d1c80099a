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

/** Reads the stages out of what a store has counted. */
export function reportStages(metrics: StoreMetrics): StageReport {
  const seconds = new Map<string, number>();
  for (const metric of metrics.snapshot().metrics) {
    if (metric.kind !== "counter" || metric.name !== "store_stage_seconds_total") continue;
    seconds.set(metric.labels.stage ?? "", metric.value);
  }
  const total = [...seconds.values()].reduce((sum, value) => sum + value, 0);
  const stages = STAGES.flatMap((stage) => {
    const value = seconds.get(stage);
    return value === undefined ? [] : [{ stage, seconds: value, part: total === 0 ? 0 : value / total }];
  }).sort((a, b) => b.seconds - a.seconds);
  const recommendations = stages
    .filter(({ part }) => part >= NOTABLE_PART)
    .map(({ stage, part }) => `${stage} takes ${Math.round(part * 100)} % of the time: ${ADVICE[stage]}`);
  return { stages, recommendations };
}
