import { seededRandom } from "@millrace/base";
import { MemorySampler, MetricsRegistry, toPrometheusText } from "@millrace/metrics";

/** A snapshot and its text, with a clock of its own, of @millrace/metrics. */
export async function checkMetrics(): Promise<object> {
  let nowMs = 0;
  const metrics = new MetricsRegistry(() => nowMs);
  const random = seededRandom(19);
  metrics.counter("rows_total", { help: "Rows written.", labels: { sink: "arrow" } }).add(1000);
  metrics.gauge("queue_bytes").set(4096);
  const sizes = metrics.histogram("batch_rows");
  for (let i = 0; i < 1000; i++) sizes.observe(random.nextInt(1, 100_000));
  await metrics.timer("flush_seconds").measure(async () => {
    nowMs += 250;
  });
  const memory = new MemorySampler({ readMemory: () => ({ rss: 3, heapUsed: 2, arrayBuffers: 1 }) });
  memory.sample();
  memory.writeTo(metrics);
  const snapshot = metrics.snapshot();
  return { metrics: snapshot.metrics, text: toPrometheusText(snapshot) };
}
