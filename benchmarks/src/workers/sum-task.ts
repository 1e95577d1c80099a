import { parentPort } from "node:worker_threads";
import { serveTasks, withTransfer } from "@millrace/stream/worker";

// One task for every pool that is measured: about a millisecond of arithmetic on 1 MiB, whose buffer goes back.

/** What a task is: words to work on, and how often. */
export interface SumTask {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly rounds: number;
}

/** Mixes the words in place, `rounds` times over. */
export function mixWords({ words, rounds }: SumTask): void {
  let x = 1;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < words.length; i++) {
      x = (Math.imul(x ^ words[i]!, 0x9e3779b1) + round) | 0;
      words[i] = x;
    }
  }
}

// Piscina and tinypool call the default export and take transfers from their own marker; ours answers by a protocol.
if (parentPort !== null && process.env.MILLRACE_BENCH_POOL === undefined) {
  serveTasks((task: SumTask) => {
    mixWords(task);
    return withTransfer(task, [task.words.buffer]);
  });
}

/** For pools of the piscina family. */
export default async function run(task: SumTask): Promise<unknown> {
  mixWords(task);
  const { importPeer } = await import("../peers.ts");
  const name = process.env.MILLRACE_BENCH_POOL!;
  const pool = await importPeer<{ move?: Move; default: { move: Move } }>(name);
  return (pool.move ?? pool.default.move)(task.words.buffer);
}

type Move = (value: ArrayBuffer) => unknown;
