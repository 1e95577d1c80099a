import type { BenchmarkCase, Measurement } from "./case.ts";
import { loadCase } from "./catalogue.ts";

// The program of one fresh process: measures one contender of one case and prints the Measurement as JSON.

const WARM_UP_MS = 300;
const TIMED_MS = 1_000;
const FEWEST_RUNS = 5;

const [id, contenderName] = process.argv.slice(2);
const measured: BenchmarkCase = await loadCase(id!);
const contender = [measured.ours, ...measured.peers].find(({ name }) => name === contenderName);
if (contender === undefined) throw new Error(`${id} has no contender ${contenderName}`);
const work = await contender.prepare();
await repeat(work, WARM_UP_MS, 1);
const baselineSeconds = arithmeticSeconds();
const seconds = await repeat(work, TIMED_MS, FEWEST_RUNS);
// maxRSS is in KiB.
const measurement: Measurement = {
  seconds,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  baselineSeconds,
};
process.stdout.write(`${JSON.stringify(measurement)}\n`);
process.exit(0);

/** Runs `work` for at least so long and so often; the seconds of each run. */
async function repeat(
  work: () => void | Promise<void>,
  milliseconds: number,
  fewest: number,
): Promise<number[]> {
  const seconds: number[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end || seconds.length < fewest) {
    const start = performance.now();
    const pending = work();
    if (pending !== undefined) await pending;
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** A fixed loop of integer arithmetic; the best of five. */
function arithmeticSeconds(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    let x = 1;
    for (let i = 0; i < 20_000_000; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
    if (x === 0) throw new Error("the loop must not be optimised away");
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}
