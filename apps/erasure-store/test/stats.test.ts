import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { reportStats } from "../src/index.ts";
import { addStats, readStats } from "../src/stats-file.ts";
import { StoreMetrics } from "../src/store-metrics.ts";
import { makeStore, readAll, writeFileBytes } from "./stores.ts";

it("what several commands counted is summed up, and of peaks the greatest stays", async () => {
  const vfs = new MemoryVfs();
  for (const [seconds, peak] of [
    [1, 500],
    [2, 300],
  ] as const) {
    const metrics = new StoreMetrics();
    metrics.addGauges((registry) => registry.gauge("store_temporary_peak_bytes").set(peak));
    metrics.addStage("hash", seconds * 1000);
    metrics.addOperation("put", 10_000, seconds * 1000);
    metrics.addOperation("put", 20_000_000, 500);
    await addStats(vfs, "store.yaml", metrics.snapshot());
  }
  const report = reportStats(await readStats(vfs, "store.yaml"));
  expect(report.operations).toEqual([
    { operation: "put", size: "below 64 KiB", count: 2, bytes: 20_000, seconds: 3, bytesPerSecond: 6667 },
    {
      operation: "put",
      size: "16 MiB and more",
      count: 2,
      bytes: 40_000_000,
      seconds: 1,
      bytesPerSecond: 4e7,
    },
  ]);
  expect(report).toMatchObject({ temporaryPeakBytes: 500, concurrency: 0.75, idealConcurrency: 1 });
  expect(report.stages).toEqual([{ stage: "hash", seconds: 3, part: 1 }]);
});

it("stages that wait for each other are told, with what may help", () => {
  const metrics = new StoreMetrics();
  for (const stage of ["read", "code", "hash", "write"] as const) metrics.addStage(stage, 1000);
  metrics.addOperation("put", 1000, 4000);
  const { concurrency, idealConcurrency, recommendations } = reportStats(metrics.snapshot());
  expect([concurrency, idealConcurrency]).toEqual([1, 4]);
  expect(recommendations).toEqual([
    expect.stringMatching(/^1\.0 stages work at a time, 4\.0 could: raise concurrency/),
  ]);
});

it("a store counts its operations by size, its stages and its memory", async () => {
  const { store } = await makeStore();
  await store.put("o", [new Uint8Array(100_000)]);
  await readAll(store, "o");
  const report = reportStats(store.metrics.snapshot());
  expect(
    report.operations.map(({ operation, size, count, bytes }) => [operation, size, count, bytes]),
  ).toEqual([
    ["put", "64 KiB to 16 MiB", 1, 100_000],
    ["get", "64 KiB to 16 MiB", 1, 100_000],
  ]);
  expect(report.stages.map(({ stage }) => stage).sort()).toEqual(["code", "hash", "read", "write"]);
  expect(report.stripesPeakBytes).toBeGreaterThan(0);
  expect(report.processPeakBytes).toBeGreaterThan(10_000_000);
});

it.each([
  "",
  "[]",
  "{",
  '{"format":"millrace-store-stats","version":1,"sinceMs":1,"metrics":[{"kind":"counter"}]}',
])("a file of counts that holds %j is refused, and what to do is said", async (text) => {
  const vfs = new MemoryVfs();
  await writeFileBytes(vfs, "store.yaml.stats.json", new TextEncoder().encode(text));
  const failure = expect(readStats(vfs, "store.yaml")).rejects;
  await failure.toMatchObject({ code: "STORE_STATS_INVALID" });
  await expect(readStats(vfs, "store.yaml")).rejects.toThrow("remove it to begin anew");
});
