import fc from "fast-check";
import { expect, test } from "vitest";
import { orderedParallelMap } from "../src/index.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* numbers(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) {
      log.push(`read ${i}`);
      yield i;
    }
  } finally {
    log.push("closed");
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

test("results keep the source's order whatever order the tasks end in, and no more than N run", async () => {
  const run = fc.asyncProperty(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 1, max: 8 }),
    fc.infiniteStream(fc.nat(1000)),
    async (count, concurrency, choices) => {
      const running = new Map<number, () => void>();
      let isDone = false;
      const mapped = orderedParallelMap(
        numbers(count),
        (item) =>
          new Promise<string>((resolve) => {
            running.set(item, () => resolve(`result ${item}`));
            expect(running.size).toBeLessThanOrEqual(concurrency);
          }),
        { concurrency },
      );
      const collected = collect(mapped).finally(() => {
        isDone = true;
      });
      while (!isDone) {
        await settle();
        // Ends any of the running tasks, not the oldest.
        const items = [...running.keys()];
        if (items.length === 0) continue;
        const item = items[choices.next().value! % items.length]!;
        running.get(item)!();
        running.delete(item);
      }
      expect(await collected).toEqual(Array.from({ length: count }, (_, i) => `result ${i}`));
    },
  );
  await fc.assert(run, { numRuns: 50 });
});

test("a consumer that does not ask holds the source up", async () => {
  const log: string[] = [];
  const mapped = orderedParallelMap(numbers(100, log), async (item) => item, { concurrency: 3 });
  await settle();
  expect(log).toEqual([]);
  await mapped.next();
  await settle();
  expect(log).toEqual(["read 0", "read 1", "read 2", "read 3"]);
  await mapped.return();
  expect(log.at(-1)).toBe("closed");
});

test("a function may change how many are on their way", async () => {
  const log: string[] = [];
  let most = 1;
  const mapped = orderedParallelMap(numbers(100, log), async (item) => item, { concurrency: () => most });
  await mapped.next();
  await settle();
  expect(log).toEqual(["read 0", "read 1"]);
  most = 4;
  await mapped.next();
  await settle();
  expect(log).toEqual([0, 1, 2, 3, 4, 5].map((n) => `read ${n}`));
  await mapped.return();
  await expect(orderedParallelMap([1], async (n) => n, { concurrency: () => 0 }).next()).rejects.toThrow(
    "concurrency",
  );
});

test("takes plain iterables, and none at all", async () => {
  expect(await collect(orderedParallelMap([1, 2, 3], async (n) => n * 2))).toEqual([2, 4, 6]);
  expect(await collect(orderedParallelMap([], async (n) => n))).toEqual([]);
});

test("a failure comes in its turn with its own error, nothing is read after it, the rest is told to stop", async () => {
  const log: string[] = [];
  const slow = Promise.withResolvers<string>();
  let told: AbortSignal | undefined;
  const mapped = orderedParallelMap(
    numbers(100, log),
    async (item, signal) => {
      told = signal;
      if (item === 1) throw new Error("bad item 1");
      return item === 0 ? slow.promise : `result ${item}`;
    },
    { concurrency: 3 },
  );
  const first = mapped.next();
  await settle();
  const readUpToFailure = log.length;
  slow.resolve("result 0");
  expect((await first).value).toBe("result 0");
  expect(told?.aborted).toBe(false);
  await expect(mapped.next()).rejects.toThrow("bad item 1");
  expect(told?.aborted).toBe(true);
  expect(log).toHaveLength(readUpToFailure + 1);
  expect(log.at(-1)).toBe("closed");
  expect((await mapped.next()).done).toBe(true);
});

test("a map that throws at once and a source that fails reject as well", async () => {
  const thrower = (): Promise<number> => {
    throw new Error("at once");
  };
  await expect(collect(orderedParallelMap([1], thrower))).rejects.toThrow("at once");
  const failing = async function* () {
    yield 1;
    throw new Error("source gone");
  };
  const seen: number[] = [];
  const consume = async () => {
    for await (const item of orderedParallelMap(failing(), async (n) => n)) seen.push(item);
  };
  await expect(consume()).rejects.toThrow("source gone");
  expect(seen).toEqual([1]);
});

test("an abort ends it though tasks and source hang, and late results are disposed of", async () => {
  const controller = new AbortController();
  const task = Promise.withResolvers<Disposable>();
  const sourceStep = Promise.withResolvers<void>();
  let disposed = 0;
  const disposable = { [Symbol.dispose]: () => void disposed++ };
  const source = async function* () {
    yield 0;
    await sourceStep.promise;
    yield disposable;
  };
  const mapped = orderedParallelMap(source(), () => task.promise, { signal: controller.signal });
  const next = mapped.next();
  await settle();
  controller.abort(new Error("enough"));
  await expect(next).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_WORK_ABORTED", cause: controller.signal.reason }),
  );
  expect(disposed).toBe(0);
  task.resolve(disposable);
  await settle();
  expect(disposed).toBe(1);
  sourceStep.resolve();
  await settle();
  expect(disposed).toBe(2);
});

test("leaving early disposes of the results that nobody will see, not of the one delivered", async () => {
  const disposed: number[] = [];
  const map = async (item: number) => ({ item, [Symbol.dispose]: () => void disposed.push(item) });
  for await (const result of orderedParallelMap(numbers(100), map, { concurrency: 3 })) {
    await settle();
    if (result.item === 4) break;
  }
  await settle();
  expect(disposed).toEqual([5, 6, 7]);
});

test("an error of the source's own clean-up is reported when there is no other", async () => {
  const source = async function* () {
    try {
      for (;;) yield 1;
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a source whose clean-up fails is what is tested
      throw new Error("could not close");
    }
  };
  const leave = async () => {
    for await (const _ of orderedParallelMap(source(), async (n) => n, { concurrency: 1 })) {
      await settle();
      break;
    }
  };
  await expect(leave()).rejects.toThrow("could not close");
  const failing = orderedParallelMap(source(), async () => Promise.reject(new Error("task failed")));
  await expect(failing.next()).rejects.toThrow("task failed");
});

test("refuses a concurrency out of range, and an aborted signal", async () => {
  await expect(orderedParallelMap([1], async (n) => n, { concurrency: 0 }).next()).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
  );
  await expect(
    orderedParallelMap([1], async (n) => n, { signal: AbortSignal.abort() }).next(),
  ).rejects.toThrow(/aborted/);
});
