import { orderedParallelMap, WorkerPool } from "@millrace/stream";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../../case.ts";
import { importPeer } from "../../../peers.ts";
import { mixWords, type SumTask } from "../../../workers/sum-task.ts";

const TASK_WORDS = 1 << 18;
const TASKS = 64;
const SUM_TASK = new URL("../../../workers/sum-task.ts", import.meta.url);

interface PeerPool {
  run(task: SumTask, options: { transferList: ArrayBuffer[] }): Promise<ArrayBuffer>;
}

/** Tasks on 1 MiB over two workers; with 0 rounds the tasks do nothing, and what is left is the pool's own price. */
function poolCase(rounds: number, reach: NonNullable<BenchmarkCase["reach"]>): BenchmarkCase {
  // The same buffers go round, as they do through a pool: a worker hands each back with its result.
  let buffers: ArrayBuffer[] | undefined;
  const tasks = (): SumTask[] => {
    // Made when they are needed: they must not count in the peak memory of this file's other cases.
    buffers ??= Array.from({ length: TASKS }, () => new Uint32Array(TASK_WORDS).fill(1).buffer);
    return buffers.map((buffer) => ({ words: new Uint32Array(buffer), rounds }));
  };
  const each = (run: (task: SumTask) => Promise<ArrayBuffer>): Work => {
    return async () => {
      const back: ArrayBuffer[] = [];
      for await (const buffer of orderedParallelMap(tasks(), run, { concurrency: 4 })) back.push(buffer);
      if (back.length !== TASKS || back.some(({ byteLength }) => byteLength !== 4 * TASK_WORDS)) {
        throw new Error(`${back.length} results, or a buffer that did not come back`);
      }
      buffers = back;
    };
  };
  const peer = (name: string): Contender => ({
    name,
    prepare: async () => {
      process.env.MILLRACE_BENCH_POOL = name;
      const { default: Pool } = await importPeer<{ default: new (options: object) => PeerPool }>(name);
      const pool = new Pool({ filename: SUM_TASK.href, minThreads: 2, maxThreads: 2 });
      return each((task) => pool.run(task, { transferList: [task.words.buffer] }));
    },
  });
  const oneThread: Contender = {
    name: "one thread",
    prepare: async () => () => {
      for (const task of tasks()) mixWords(task);
    },
  };
  return {
    unit: "tasks",
    amount: TASKS,
    ours: {
      name: "millrace, 2 workers",
      prepare: async () => {
        const pool = new WorkerPool<SumTask, SumTask>(SUM_TASK, { threads: 2 });
        return each(async (task) => (await pool.run(task, [task.words.buffer])).words.buffer);
      },
    },
    peers: [...(rounds === 0 ? [] : [oneThread]), peer("piscina"), peer("tinypool")],
    reach,
  };
}

export const cases: BenchmarkCases = {
  "parallel-map": poolCase(4, { ratio: 1.7, peers: ["one thread"] }),
  overhead: poolCase(0, { ratio: 1, peers: ["piscina", "tinypool"] }),
};
