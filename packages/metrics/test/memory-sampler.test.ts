import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemorySampler, type MemoryUsage, MetricsRegistry } from "../src/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Gives the usages one after the other. */
function feed(...usages: MemoryUsage[]): () => MemoryUsage {
  let at = 0;
  return () => usages[at++]!;
}

test("samples at start, at each interval and at stop, and keeps the peak of each figure", () => {
  const readMemory = feed(
    { rss: 10, heapUsed: 5, arrayBuffers: 1 },
    { rss: 30, heapUsed: 4, arrayBuffers: 1 },
    { rss: 20, heapUsed: 6, arrayBuffers: 0 },
  );
  const sampler = new MemorySampler({ intervalMs: 50, readMemory });
  expect(sampler.statistics.samples).toBe(0);
  sampler.start();
  sampler.start();
  vi.advanceTimersByTime(50);
  sampler.stop();
  sampler.stop();
  vi.advanceTimersByTime(1000);
  expect(sampler.statistics).toEqual({
    samples: 3,
    last: { rss: 20, heapUsed: 6, arrayBuffers: 0 },
    peak: { rss: 30, heapUsed: 6, arrayBuffers: 1 },
  });
  const registry = new MetricsRegistry();
  sampler.writeTo(registry);
  expect(registry.gauge("process_memory_rss_peak_bytes").value).toBe(30);
  expect(registry.gauge("process_memory_heap_used_bytes").value).toBe(6);
  expect(registry.snapshot().metrics).toHaveLength(6);
});

test("its timer does not keep the process alive", () => {
  vi.useRealTimers();
  const unref = vi.fn();
  vi.stubGlobal("setInterval", () => ({ unref }));
  vi.stubGlobal("clearInterval", () => {});
  using sampler = new MemorySampler();
  sampler.start();
  expect(unref).toHaveBeenCalledOnce();
});

test("works where a timer is a number, as in a browser, once it is told what to read", () => {
  vi.stubGlobal("setInterval", () => 7);
  const cleared = vi.fn();
  vi.stubGlobal("clearInterval", cleared);
  const sampler = new MemorySampler({ readMemory: () => ({ rss: 1, heapUsed: 1, arrayBuffers: 1 }) });
  sampler.start();
  sampler[Symbol.dispose]();
  expect(cleared).toHaveBeenCalledWith(7);
});

test("reads this process by default, and says what to do where there is none", () => {
  const usage = new MemorySampler().sample();
  expect(usage.rss).toBeGreaterThan(2 ** 20);
  expect(Object.keys(usage)).toEqual(["rss", "heapUsed", "arrayBuffers"]);
  vi.stubGlobal("process", undefined);
  expect(() => new MemorySampler().start()).toThrow(
    expect.objectContaining({ code: "METRICS_MEMORY_UNSUPPORTED" }),
  );
});

test("refuses an interval out of range", () => {
  expect(() => new MemorySampler({ intervalMs: 0 })).toThrow(
    expect.objectContaining({ code: "METRICS_OPTION_RANGE" }),
  );
});
