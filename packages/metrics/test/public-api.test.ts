import { expect, test } from "vitest";
import * as api from "../src/index.ts";

test("the public surface is exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Counter",
      "DEFAULT_MEMORY_SAMPLER_OPTIONS",
      "DEFAULT_METRIC_OPTIONS",
      "Gauge",
      "Histogram",
      "MemorySampler",
      "MetricsRegistry",
      "MovingAverage",
      "PROMETHEUS_CONTENT_TYPE",
      "QUANTILE_RELATIVE_ERROR",
      "SNAPSHOT_QUANTILES",
      "Timer",
      "peakResidentBytes",
      "toPrometheusText",
    ]
  `);
});
