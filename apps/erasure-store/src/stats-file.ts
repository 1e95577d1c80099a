import { isMillraceError, MillraceError } from "@millrace/base";
import { atomicWrite, fileSource, readSourceFull, type Vfs } from "@millrace/files";
import type { MetricSnapshot, MetricsSnapshot, ValueSnapshot } from "@millrace/metrics";

/** What the commands of one configuration have counted together; the layout is in docs/formats/store-stats.md. */
export interface StatsFile extends MetricsSnapshot {
  /** When counting began, in milliseconds since 1970. */
  readonly sinceMs: number;
}

const FORMAT = "millrace-store-stats";
const VERSION = 1;
const MAX_STATS_BYTES = 1024 * 1024;

/** Where the counts of a configuration lie. */
export function statsPath(configPath: string): string {
  return `${configPath}.stats.json`;
}

/**
 * Reads what was counted; nothing yet where there is no file.
 * @throws MillraceError `STORE_STATS_INVALID` when it is no such file
 */
export async function readStats(vfs: Vfs, configPath: string): Promise<StatsFile> {
  const path = statsPath(configPath);
  let text: string;
  try {
    await using source = await fileSource(vfs, path);
    if (source.size > MAX_STATS_BYTES) throw invalidStats(path, `${source.size} bytes are no counts`);
    const bytes = new Uint8Array(source.size);
    await readSourceFull(source, bytes, 0);
    text = new TextDecoder().decode(bytes);
  } catch (error) {
    if (isMillraceError(error, "FILES_NOT_FOUND")) return { sinceMs: Date.now(), metrics: [] };
    throw error;
  }
  try {
    const found = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const isOurs = found?.format === FORMAT && found.version === VERSION && Array.isArray(found.metrics);
    if (!isOurs || typeof found.sinceMs !== "number") throw invalidStats(path, "it is of another format");
    const metrics = found.metrics as MetricSnapshot[];
    if (!metrics.every(isValue)) throw invalidStats(path, "a count in it is none");
    return { sinceMs: found.sinceMs, metrics };
  } catch (cause) {
    if (isMillraceError(cause, "STORE_STATS_INVALID")) throw cause;
    throw invalidStats(path, "it is no JSON", cause);
  }
}

/** Adds what a process has counted: counters are summed up, of gauges the greatest stays. */
export async function addStats(vfs: Vfs, configPath: string, counted: MetricsSnapshot): Promise<void> {
  const before = await readStats(vfs, configPath);
  const merged = new Map<string, ValueSnapshot>();
  for (const metric of [...before.metrics, ...counted.metrics]) {
    if (!isValue(metric)) continue;
    const key = JSON.stringify([metric.name, metric.labels]);
    const known = merged.get(key)?.value ?? 0;
    const value = metric.kind === "counter" ? known + metric.value : Math.max(known, metric.value);
    merged.set(key, { ...metric, value });
  }
  const { sinceMs } = before;
  const text = JSON.stringify({ format: FORMAT, version: VERSION, sinceMs, metrics: [...merged.values()] });
  const bytes = new TextEncoder().encode(`${text}\n`);
  await atomicWrite(vfs, statsPath(configPath), bytes, { durability: "os" });
}

function isValue(metric: MetricSnapshot): metric is ValueSnapshot {
  return (
    (metric.kind === "counter" || metric.kind === "gauge") &&
    typeof metric.name === "string" &&
    Number.isFinite(metric.value) &&
    metric.labels !== null &&
    typeof metric.labels === "object"
  );
}

function invalidStats(path: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError("STORE_STATS_INVALID", `${path}: ${problem}; remove it to begin anew`, { cause });
}
