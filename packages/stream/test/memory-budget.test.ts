import { MetricsRegistry } from "@millrace/metrics";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryBudget } from "../src/index.ts";

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("first come, first served: a small request does not overtake a large one", async () => {
  const budget = new MemoryBudget(100);
  const admitted: string[] = [];
  await budget.acquire(60);
  const large = budget.acquire(90).then(() => admitted.push("large"));
  const small = budget.acquire(5).then(() => admitted.push("small"));
  expect(budget.tryAcquire(1)).toBe(false);
  await settle();
  expect(admitted).toEqual([]);
  budget.release(60);
  await Promise.all([large, small]);
  expect(admitted).toEqual(["large", "small"]);
  expect(budget.statistics).toEqual({ limitBytes: 100, usedBytes: 95, peakBytes: 95, waiting: 0 });
});

test("a request above the limit is refused, one of exactly the limit waits for all of it", async () => {
  const budget = new MemoryBudget(100);
  await expect(budget.acquire(101)).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_BUDGET_EXCEEDED", requiredBytes: 101, limitBytes: 100 }),
  );
  await budget.acquire(1);
  const all = budget.acquire(100);
  budget.release(1);
  await all;
  expect(budget.statistics.usedBytes).toBe(100);
});

test("one who gives up leaves the queue, and those behind it move up", async () => {
  const budget = new MemoryBudget(100);
  await budget.acquire(60);
  const controller = new AbortController();
  const large = budget.acquire(90, controller.signal);
  const small = budget.acquire(40);
  controller.abort(new Error("changed my mind"));
  await expect(large).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_WORK_ABORTED", cause: controller.signal.reason }),
  );
  await small;
  expect(budget.statistics).toMatchObject({ usedBytes: 100, waiting: 0 });
  await expect(budget.acquire(0, controller.signal)).rejects.toThrow(/aborted/);
});

test("an abort after the admission changes nothing", async () => {
  const budget = new MemoryBudget(100);
  await budget.acquire(100);
  const controller = new AbortController();
  const next = budget.acquire(50, controller.signal);
  budget.release(100);
  controller.abort();
  await next;
  expect(budget.statistics.usedBytes).toBe(50);
});

test("bytes in flight never exceed the limit, and everyone is served in order, for any sequence", async () => {
  const action = fc.record({ bytes: fc.nat(50), isAborted: fc.boolean(), releases: fc.nat(3) });
  const run = fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
    const budget = new MemoryBudget(50);
    const held: number[] = [];
    const served: number[] = [];
    let heldBytes = 0;
    const requests: Promise<unknown>[] = [];
    for (const [at, { bytes, isAborted, releases }] of actions.entries()) {
      const controller = new AbortController();
      const request = budget.acquire(bytes, controller.signal).then(
        () => {
          held.push(bytes);
          served.push(at);
          heldBytes += bytes;
          expect(heldBytes).toBeLessThanOrEqual(50);
        },
        (error: Error) => expect(error.message).toMatch(/aborted/),
      );
      requests.push(request);
      await settle();
      if (isAborted) controller.abort();
      for (let i = 0; i < releases && held.length > 0; i++) {
        const freed = held.shift()!;
        heldBytes -= freed;
        budget.release(freed);
      }
      await settle();
      expect(budget.statistics.usedBytes).toBe(heldBytes);
    }
    while (budget.statistics.waiting > 0 || held.length > 0) {
      const freed = held.shift()!;
      heldBytes -= freed;
      budget.release(freed);
      await settle();
    }
    await Promise.all(requests);
    expect(served).toEqual([...served].sort((a, b) => a - b));
    expect(budget.statistics.usedBytes).toBe(0);
    expect(budget.statistics.peakBytes).toBeLessThanOrEqual(50);
  });
  await fc.assert(run, { numRuns: 50 });
});

test("releasing more than is in use is refused", () => {
  const budget = new MemoryBudget(10);
  expect(budget.tryAcquire(10)).toBe(true);
  for (const bytes of [11, -1, 0.5, Number.NaN]) {
    expect(() => budget.release(bytes)).toThrow(expect.objectContaining({ code: "STREAM_BUDGET_RELEASE" }));
  }
  budget.release(10);
  expect(() => budget.release(1)).toThrow(expect.objectContaining({ code: "STREAM_BUDGET_RELEASE" }));
});

test("the figures go into gauges", () => {
  const budget = new MemoryBudget(10);
  budget.tryAcquire(7);
  budget.release(3);
  const registry = new MetricsRegistry();
  budget.writeTo(registry);
  const values = registry
    .snapshot()
    .metrics.map((metric) => "value" in metric && [metric.name, metric.value]);
  expect(values).toEqual([
    ["memory_budget_limit_bytes", 10],
    ["memory_budget_used_bytes", 4],
    ["memory_budget_peak_bytes", 7],
    ["memory_budget_waiting", 0],
  ]);
});
