import type { MetricSnapshot, MetricsSnapshot } from "./snapshot.ts";

/** The `Content-Type` of {@link toPrometheusText}'s answer. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes a snapshot in the Prometheus text format, version 0.0.4.
 *
 * Histograms come as summaries: their buckets are too many to be scraped, and only those in use are known.
 *
 * Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function toPrometheusText(snapshot: MetricsSnapshot): string {
  const families = new Map<string, MetricSnapshot[]>();
  for (const metric of snapshot.metrics) {
    const family = families.get(metric.name);
    if (family === undefined) families.set(metric.name, [metric]);
    else family.push(metric);
  }
  let text = "";
  for (const [name, metrics] of families) {
    const { help, kind } = metrics[0]!;
    if (help !== "") text += `# HELP ${name} ${escapeHelp(help)}\n`;
    text += `# TYPE ${name} ${kind === "histogram" ? "summary" : kind}\n`;
    for (const metric of metrics) text += samplesOf(metric);
  }
  return text;
}

function samplesOf(metric: MetricSnapshot): string {
  const { name, labels } = metric;
  if (metric.kind !== "histogram") return sample(name, labels, metric.value);
  let text = "";
  for (const { quantile, value } of metric.quantiles) {
    text += sample(name, { ...labels, quantile: String(quantile) }, value);
  }
  text += sample(`${name}_sum`, labels, metric.sum);
  return text + sample(`${name}_count`, labels, metric.count);
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabelValue(text)}"`);
  const braces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  // Go's ParseFloat reads every finite form of JavaScript; a sum that overflowed is the only other one.
  return `${name}${braces} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}\n`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabelValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
