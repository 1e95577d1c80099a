import { BufferPool } from "@millrace/buffers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { allocateChunk, ByteQueue, MemoryBudget, readAhead } from "../src/index.ts";

const SCHEMA = [{ name: "n", kind: "float64" }] as const;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const closed = expect.objectContaining({ code: "STREAM_QUEUE_CLOSED" });

test("a producer waits when the budget is used up, until the consumer asks for the next item", async () => {
  const budget = new MemoryBudget(100);
  const queue = new ByteQueue<Uint8Array>(budget);
  let pushed = 0;
  const produce = (async () => {
    for (let i = 0; i < 5; i++) {
      await queue.push(new Uint8Array(50).fill(i));
      pushed++;
    }
    queue.close();
  })();
  await settle();
  expect(pushed).toBe(2);
  const items = queue[Symbol.asyncIterator]();
  expect((await items.next()).value?.[0]).toBe(0);
  await settle();
  expect(pushed).toBe(2);
  expect((await items.next()).value?.[0]).toBe(1);
  await settle();
  expect(pushed).toBe(3);
  const rest: number[] = [];
  for await (const item of items) rest.push(item[0]!);
  await produce;
  expect(rest).toEqual([2, 3, 4]);
  expect(budget.statistics).toMatchObject({ usedBytes: 0, peakBytes: 100 });
});

test("any sizes and any budget: all items arrive in order, never more than the budget in flight", async () => {
  const run = fc.asyncProperty(
    fc.array(fc.nat(64), { maxLength: 100 }),
    fc.integer({ min: 64, max: 300 }),
    async (sizes, limitBytes) => {
      const budget = new MemoryBudget(limitBytes);
      const source = async function* () {
        for (const size of sizes) yield new Uint8Array(size);
      };
      const seen: number[] = [];
      for await (const item of readAhead(source(), budget)) {
        seen.push(item.byteLength);
        if (item.byteLength % 3 === 0) await settle();
      }
      expect(seen).toEqual(sizes);
      expect(budget.statistics.usedBytes).toBe(0);
      expect(budget.statistics.peakBytes).toBeLessThanOrEqual(limitBytes);
    },
  );
  await fc.assert(run, { numRuns: 50 });
});

test("memory stays bounded over many chunks: the pool makes as many as the budget holds, and reuses them", async () => {
  const pool = new BufferPool();
  const rows = 1024;
  const chunkBytes = rows * 8;
  const budget = new MemoryBudget(4 * chunkBytes);
  let mostBytes = 0;
  const source = async function* () {
    for (let i = 0; i < 2000; i++) {
      const chunk = allocateChunk(SCHEMA, rows, pool);
      mostBytes = Math.max(mostBytes, pool.stats().outstandingBytes);
      chunk.columns.n[0] = i;
      chunk.rowCount = 1;
      yield chunk;
    }
  };
  let next = 0;
  for await (const chunk of readAhead(source(), budget)) {
    expect(chunk.columns.n[0]).toBe(next++);
    chunk.release();
  }
  expect(next).toBe(2000);
  // Four in the budget, one in the source's hands.
  expect(mostBytes).toBeLessThanOrEqual(5 * chunkBytes);
  expect(pool.stats().misses).toBeLessThanOrEqual(5);
  expect(pool.stats().outstandingBytes).toBe(0);
});

for (const how of ["leaves", "aborts"] as const) {
  test(`when the consumer ${how} midway, everything is released and the source is told`, async () => {
    const pool = new BufferPool();
    const budget = new MemoryBudget(64 * 1024);
    const controller = new AbortController();
    let isTold = false;
    const source = async function* () {
      try {
        for (;;) yield allocateChunk(SCHEMA, 1024, pool);
      } finally {
        isTold = true;
      }
    };
    const consume = async () => {
      let count = 0;
      for await (const chunk of readAhead(source(), budget, controller.signal)) {
        chunk.release();
        count++;
        if (count === 10 && how === "aborts") controller.abort();
        if (count === 10 && how === "leaves") break;
      }
    };
    if (how === "aborts") await expect(consume()).rejects.toThrow(/aborted/);
    else await consume();
    await settle();
    expect(isTold).toBe(true);
    expect(pool.stats().outstandingBytes).toBe(0);
    expect(budget.statistics).toMatchObject({ usedBytes: 0, waiting: 0 });
  });
}

test("an error of the source comes after the items before it", async () => {
  const budget = new MemoryBudget(100);
  const source = async function* () {
    yield new Uint8Array(1);
    yield new Uint8Array(2);
    throw new Error("disk gone");
  };
  const seen: number[] = [];
  const consume = async () => {
    for await (const item of readAhead(source(), budget)) seen.push(item.byteLength);
  };
  await expect(consume()).rejects.toThrow("disk gone");
  expect(seen).toEqual([1, 2]);
  expect(budget.statistics.usedBytes).toBe(0);
});

test("an item above the whole budget is refused and stays the producer's", async () => {
  const queue = new ByteQueue<Uint8Array>(new MemoryBudget(10));
  await expect(queue.push(new Uint8Array(11))).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_BUDGET_EXCEEDED" }),
  );
  await queue.push(new Uint8Array(10));
});

test("after close nothing is taken any more, waiting pushes neither, and what is queued still arrives", async () => {
  const budget = new MemoryBudget(10);
  const queue = new ByteQueue<Uint8Array>(budget);
  await queue.push(new Uint8Array(10));
  const waiting = queue.push(new Uint8Array(5));
  queue.close();
  queue.close();
  queue.fail(new Error("too late to matter"));
  await expect(waiting).rejects.toThrow(closed);
  await expect(queue.push(new Uint8Array(0))).rejects.toThrow(closed);
  const seen: number[] = [];
  for await (const item of queue) seen.push(item.byteLength);
  expect(seen).toEqual([10]);
  expect(budget.statistics).toMatchObject({ usedBytes: 0, waiting: 0 });
});

test("a push that was admitted but not yet done when the queue closed gives its bytes back", async () => {
  const budget = new MemoryBudget(10);
  const queue = new ByteQueue<Uint8Array>(budget);
  await budget.acquire(10);
  const push = queue.push(new Uint8Array(4));
  budget.release(10);
  queue.close();
  await expect(push).rejects.toThrow(closed);
  expect(budget.statistics.usedBytes).toBe(0);
});

test("an abort ends a consumer that waits, and a queue made with an aborted signal is of no use", async () => {
  const controller = new AbortController();
  const queue = new ByteQueue<Uint8Array>(new MemoryBudget(10), controller.signal);
  const next = queue[Symbol.asyncIterator]().next();
  controller.abort();
  await expect(next).rejects.toThrow(expect.objectContaining({ code: "STREAM_WORK_ABORTED" }));
  const late = new ByteQueue<Uint8Array>(new MemoryBudget(10), controller.signal);
  await expect(late.push(new Uint8Array(1))).rejects.toThrow(/aborted/);
});

test("a queue has one consumer", () => {
  const queue = new ByteQueue<Uint8Array>(new MemoryBudget(10));
  queue[Symbol.asyncIterator]();
  expect(() => queue[Symbol.asyncIterator]()).toThrow(
    expect.objectContaining({ code: "STREAM_QUEUE_CONSUMED" }),
  );
});
