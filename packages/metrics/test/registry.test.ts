import { expect, test } from "vitest";
import { MetricsRegistry } from "../src/index.ts";

test("the snapshot of all kinds is plain JSON, there and back", () => {
  const clock = { nowMs: 0 };
  const metrics = new MetricsRegistry(() => clock.nowMs);
  metrics.counter("rows_total", { help: "Rows written.", labels: { sink: "arrow" } }).add(5);
  metrics.gauge("queue_bytes").set(-3.5);
  metrics.histogram("batch_rows").observe(100);
  metrics.histogram("empty_rows");
  const stop = metrics.timer("flush_seconds").start();
  clock.nowMs = 250;
  expect(stop()).toBe(0.25);
  const snapshot = metrics.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(snapshot.metrics).toMatchObject([
    { kind: "counter", name: "rows_total", help: "Rows written.", labels: { sink: "arrow" }, value: 5 },
    { kind: "gauge", name: "queue_bytes", help: "", labels: {}, value: -3.5 },
    { kind: "histogram", name: "batch_rows", count: 1, sum: 100, min: 100, max: 100 },
    { kind: "histogram", name: "empty_rows", count: 0, sum: 0, min: null, max: null, quantiles: [] },
    { kind: "histogram", name: "flush_seconds", count: 1, sum: 0.25 },
  ]);
});

test("the same name and labels are the same metric, in whatever order the labels come", () => {
  const metrics = new MetricsRegistry();
  const first = metrics.counter("hits_total", { labels: { a: "1", b: "2" } });
  expect(metrics.counter("hits_total", { labels: { b: "2", a: "1" } })).toBe(first);
  expect(metrics.counter("hits_total", { labels: { a: "1", b: "3" } })).not.toBe(first);
});

test("metrics of one family stand together, with the help of the first", () => {
  const metrics = new MetricsRegistry();
  metrics.counter("x_total", { help: "First.", labels: { a: "1" } });
  metrics.gauge("y");
  metrics.counter("x_total", { help: "Second.", labels: { a: "2" } });
  expect(metrics.snapshot().metrics.map(({ name, help }) => [name, help])).toEqual([
    ["x_total", "First."],
    ["x_total", "First."],
    ["y", ""],
  ]);
});

test("a snapshot does not change afterwards", () => {
  const metrics = new MetricsRegistry();
  const counter = metrics.counter("x_total");
  const before = metrics.snapshot();
  counter.add();
  expect(before.metrics).toMatchObject([{ value: 0 }]);
});

test("refuses a name of another kind, bad names, bad labels and unknown options", () => {
  const metrics = new MetricsRegistry();
  metrics.counter("x_total", { labels: { a: "1" } });
  expect(() => metrics.gauge("x_total")).toThrow(expect.objectContaining({ code: "METRICS_NAME_KIND" }));
  for (const name of ["", "1x", "a-b", "a b", "é"]) {
    expect(() => metrics.gauge(name)).toThrow(expect.objectContaining({ code: "METRICS_NAME_SYNTAX" }));
  }
  for (const label of ["", "__x", "a:b", "1", "quantile"]) {
    expect(() => metrics.gauge("g", { labels: { [label]: "v" } })).toThrow(
      expect.objectContaining({ code: "METRICS_LABEL_SYNTAX" }),
    );
  }
  expect(() => metrics.gauge("g", { lables: {} } as object)).toThrow(/"labels", perhaps/);
  expect(metrics.snapshot().metrics).toHaveLength(1);
});

test("a timer counts once for each start, and failures as well", async () => {
  const clock = { nowMs: 1000 };
  const timer = new MetricsRegistry(() => clock.nowMs).timer("work_seconds");
  const stop = timer.start();
  clock.nowMs = 3000;
  expect(stop()).toBe(2);
  clock.nowMs = 9000;
  expect(stop()).toBe(2);
  expect(await timer.measure(async () => "done")).toBe("done");
  const failing = timer.measure(() => {
    clock.nowMs += 500;
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect([timer.seconds.count, timer.seconds.sum]).toEqual([3, 2.5]);
});

test("counters refuse to go down, gauges refuse what JSON cannot hold", () => {
  const metrics = new MetricsRegistry();
  for (const amount of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => metrics.counter("c_total").add(amount)).toThrow(
      expect.objectContaining({ code: "METRICS_COUNTER_AMOUNT" }),
    );
  }
  expect(() => metrics.gauge("g").set(Number.NaN)).toThrow(
    expect.objectContaining({ code: "METRICS_GAUGE_VALUE" }),
  );
  metrics.gauge("g").add(3);
  metrics.gauge("g").add(-5);
  expect(metrics.gauge("g").value).toBe(-2);
});
