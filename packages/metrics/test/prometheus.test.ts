import { expect, test } from "vitest";
import { type MetricSnapshot, MetricsRegistry, toPrometheusText } from "../src/index.ts";

function counterOf(labels: Record<string, string>, value: number): MetricSnapshot {
  return {
    kind: "counter",
    name: "http_requests_total",
    help: "The total number of HTTP requests.",
    labels,
    value,
  };
}

test("writes the counter, the escaped labels and the summary of the format's own example", () => {
  // https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-example, without its timestamps.
  const text = toPrometheusText({
    metrics: [
      counterOf({ method: "post", code: "200" }, 1027),
      counterOf({ method: "post", code: "400" }, 3),
      {
        kind: "gauge",
        name: "msdos_file_access_time_seconds",
        help: "",
        labels: { path: "C:\\DIR\\FILE.TXT", error: 'Cannot find file:\n"FILE.TXT"' },
        value: 1.458255915e9,
      },
      {
        kind: "histogram",
        name: "rpc_duration_seconds",
        help: "A summary of the RPC duration in seconds.",
        labels: {},
        count: 2693,
        sum: 1.7560473e7,
        min: 3000,
        max: 80_000,
        quantiles: [
          { quantile: 0.01, value: 3102 },
          { quantile: 0.5, value: 4773 },
          { quantile: 0.99, value: 76_656 },
        ],
        buckets: [],
      },
    ],
  });
  expect(text).toBe(`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027
http_requests_total{method="post",code="400"} 3
# TYPE msdos_file_access_time_seconds gauge
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1458255915
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds{quantile="0.5"} 4773
rpc_duration_seconds{quantile="0.99"} 76656
rpc_duration_seconds_sum 17560473
rpc_duration_seconds_count 2693
`);
});

test("help escapes backslash and line feed but not quotes", () => {
  const metrics = new MetricsRegistry();
  metrics.gauge("g", { help: 'a\\b\n"c"' }).set(1e21);
  expect(toPrometheusText(metrics.snapshot())).toBe('# HELP g a\\\\b\\n"c"\n# TYPE g gauge\ng 1e+21\n');
});

test("labels of a summary keep their place beside the quantile, and lines of one name stay together", () => {
  const metrics = new MetricsRegistry();
  metrics.timer("t_seconds", { labels: { op: "read" } }).seconds.observe(2);
  const {
    metrics: [timer],
  } = metrics.snapshot();
  const gauge: MetricSnapshot = { kind: "gauge", name: "g", help: "", labels: {}, value: 1 };
  const lines = toPrometheusText({ metrics: [timer!, gauge, { ...timer!, labels: { op: "write" } }] }).split(
    "\n",
  );
  expect(lines.filter((line) => line.startsWith("# TYPE"))).toEqual([
    "# TYPE t_seconds summary",
    "# TYPE g gauge",
  ]);
  expect(lines[1]).toBe('t_seconds{op="read",quantile="0.5"} 2');
  expect(lines.indexOf("g 1")).toBe(lines.length - 2);
});

test("a sum that overflowed is +Inf, an empty snapshot is an empty text", () => {
  const metrics = new MetricsRegistry();
  const histogram = metrics.histogram("h");
  histogram.observe(Number.MAX_VALUE);
  histogram.observe(Number.MAX_VALUE);
  expect(toPrometheusText(metrics.snapshot())).toContain("h_sum +Inf\n");
  expect(toPrometheusText({ metrics: [] })).toBe("");
});
