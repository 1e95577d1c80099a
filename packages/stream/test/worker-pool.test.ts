import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BufferPool } from "@millrace/buffers";
import { afterEach, expect, test } from "vitest";
import { orderedParallelMap, WorkerPool, type WorkerPoolOptions } from "../src/index.ts";
import { serveTasks } from "../src/worker.ts";
import type { Task } from "./workers/tasks.ts";

const TASKS = new URL("./workers/tasks.ts", import.meta.url);
const open: WorkerPool<Task, unknown>[] = [];

function newPool(options: WorkerPoolOptions = {}, url = TASKS): WorkerPool<Task, unknown> {
  const pool = new WorkerPool<Task, unknown>(url, { threads: 1, ...options });
  open.push(pool);
  return pool;
}

afterEach(async () => {
  for (const pool of open.splice(0)) await pool.close();
});

/** A gate in shared memory: word 0 lets go, word 1 counts those who stand at it. */
function newGate(): {
  gate: Int32Array<SharedArrayBuffer>;
  arrivals(n: number): Promise<void>;
  open(): void;
} {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  return {
    gate,
    arrivals: async (n) => {
      for (let seen = Atomics.load(gate, 1); seen < n; seen = Atomics.load(gate, 1)) {
        await Atomics.waitAsync(gate, 1, seen).value;
      }
    },
    open: () => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
  };
}

test("runs tasks from unbuilt sources, with buffers handed over there and back", async () => {
  const pool = newPool();
  const values = new Float64Array([1, 2, 3]);
  const doubled = await pool.run({ kind: "double", values }, [values.buffer]);
  expect(values.byteLength).toBe(0);
  expect(doubled).toEqual(new Float64Array([2, 4, 6]));
});

test("results of an ordered map over threads keep the order, and the pool gets its buffers back", async () => {
  const pool = newPool({ threads: 2 });
  const buffers = new BufferPool();
  const run = async (n: number) => {
    const values = new Float64Array(buffers.take(1024));
    values[0] = n;
    return (await pool.run({ kind: "double", values }, [values.buffer])) as Float64Array<ArrayBuffer>;
  };
  const seen: number[] = [];
  const inputs = Array.from({ length: 50 }, (_, i) => i);
  for await (const values of orderedParallelMap(inputs, run, { concurrency: 4 })) {
    seen.push(values[0]!);
    buffers.give(values.buffer);
  }
  expect(seen).toEqual(inputs.map((n) => n * 2));
  expect(buffers.stats().outstandingBytes).toBe(0);
  expect(buffers.stats().misses).toBeLessThanOrEqual(6);
});

test("as many tasks run at once as there are threads", async () => {
  const pool = newPool({ threads: 2 });
  const { gate, arrivals, open: letGo } = newGate();
  const answers = [1, 2, 3].map((answer) => pool.run({ kind: "wait", gate, answer }));
  await arrivals(2);
  expect(Atomics.load(gate, 1)).toBe(2);
  letGo();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
});

test("what a task throws is the cause, with its message, name, code and stack", async () => {
  const pool = newPool();
  const failed = pool.run({ kind: "throw" });
  await expect(failed).rejects.toThrow(
    expect.objectContaining({
      code: "STREAM_TASK_FAILED",
      cause: expect.objectContaining({
        name: "CorruptDataError",
        code: "TEST_DATA_BAD",
        message: "test data: at byte 17: no such block",
        stack: expect.stringContaining("tasks.ts"),
      }),
    }),
  );
  await expect(pool.run({ kind: "text" })).rejects.toThrow("worker task failed: only a text");
});

for (const [kind, message] of [
  ["crash", /thrown outside the task/],
  ["exit", /exited with code 3/],
] as const) {
  test(`a thread's ${kind} rejects its task, and the next task gets a new thread`, async () => {
    const pool = newPool();
    const crashed = pool.run({ kind });
    const next = pool.run({ kind: "double", values: new Float64Array([4]) });
    await expect(crashed).rejects.toThrow(
      expect.objectContaining({ code: "STREAM_WORKER_CRASHED", message: expect.stringMatching(message) }),
    );
    expect(await next).toEqual(new Float64Array([8]));
  });
}

test("a module that does not load or does not serve rejects every task, and nothing hangs", async () => {
  const broken = newPool({}, new URL("./workers/broken.ts", import.meta.url));
  const missing = newPool({}, new URL("./workers/no-such-file.ts", import.meta.url));
  const silent = newPool({}, new URL("./workers/silent.ts", import.meta.url));
  const crashed = expect.objectContaining({ code: "STREAM_WORKER_CRASHED" });
  for (const pool of [broken, missing, silent]) {
    const runs = [pool.run({ kind: "data" }), pool.run({ kind: "data" })];
    for (const run of runs) await expect(run).rejects.toThrow(crashed);
  }
  await expect(silent.run({ kind: "data" })).rejects.toThrow(/serveTasks/);
  const notAFile = newPool({}, new URL("https://example.org/tasks.js"));
  await expect(notAFile.run({ kind: "data" })).rejects.toThrow(crashed);
});

test("tasks and results that cannot be cloned are refused, and the thread goes on", async () => {
  const pool = newPool({ workerData: { page: 4096 } });
  const unsendable = { kind: "data", extra: () => {} } as Task;
  await expect(pool.run(unsendable)).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_TASK_UNSENDABLE" }),
  );
  await expect(pool.run({ kind: "unsendable" })).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_TASK_FAILED" }),
  );
  expect(await pool.run({ kind: "data" })).toEqual({ page: 4096 });
});

test("an abort terminates threads that never end, and rejects running, queued and later tasks", async () => {
  const controller = new AbortController();
  const pool = newPool({ signal: controller.signal });
  const { gate, arrivals } = newGate();
  const running = pool.run({ kind: "wait", gate, answer: 1 });
  const queued = pool.run({ kind: "data" });
  await arrivals(1);
  controller.abort(new Error("enough"));
  const aborted = expect.objectContaining({ code: "STREAM_WORK_ABORTED", cause: controller.signal.reason });
  await expect(running).rejects.toThrow(aborted);
  await expect(queued).rejects.toThrow(aborted);
  await expect(pool.run({ kind: "data" })).rejects.toThrow(aborted);
});

test("close ends what runs, twice is fine, and a closed pool takes no tasks", async () => {
  const pool = newPool();
  const { gate, arrivals } = newGate();
  const running = pool.run({ kind: "wait", gate, answer: 1 });
  const rejected = expect(running).rejects.toThrow(expect.objectContaining({ code: "STREAM_POOL_CLOSED" }));
  await arrivals(1);
  await pool.close();
  await pool[Symbol.asyncDispose]();
  await rejected;
  await expect(pool.run({ kind: "data" })).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_POOL_CLOSED" }),
  );
});

test("a program that leaves its pool open ends once its work is done", async () => {
  const program = fileURLToPath(new URL("./workers/leaves-pool-open.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program], {
    timeout: 50_000,
  });
  expect(JSON.parse(stdout)).toEqual([2, 4, 6]);
});

test("serveTasks on the main thread says what to do, and threads are checked", () => {
  // Test files run in a child process, so this is a main thread.
  expect(() => serveTasks(() => {})).toThrow(expect.objectContaining({ code: "STREAM_WORKER_OUTSIDE" }));
  for (const threads of [0, 0.5, 1025]) {
    expect(() => new WorkerPool(TASKS, { threads })).toThrow(
      expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
    );
  }
});
