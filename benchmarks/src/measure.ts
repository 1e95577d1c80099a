import { peakResidentBytes } from "@millrace/metrics";
import { allocationOf } from "./allocation.ts";
import type { Measurement, Work } from "./case.ts";
import { loadCase } from "./catalogue.ts";
import { PeerMissingError } from "./peers.ts";

// The program of one fresh process: measures one contender of one case and prints the Measurement as JSON, or
// {"missing": "why"} when the contender is not installed. With --allocation it prints an Allocation instead.

/** How long a contender runs before it is timed, how long it is timed, and how often at the least. */
const EVERY_DAY = { warmUpMs: 150, timedMs: 400, fewestRuns: 5 };
/**
 * Of cases whose runs may take a minute. What they work on is ten times as large or more, and takes as much longer to
 * be touched once.
 */
const FULL = { warmUpMs: 2000, timedMs: 3000, fewestRuns: 2 };
/** Runs of some microseconds would otherwise print more than a pipe takes before the process ends. */
const MOST_RUNS = 4000;

const [id, contenderName, mode] = process.argv.slice(2);
const measured = await loadCase(id!);
const contender = [measured.ours, ...measured.peers].find(({ name }) => name === contenderName);
if (contender === undefined || "script" in contender)
  throw new Error(`${id} has no contender ${contenderName}`);
try {
  if (contender.count !== undefined && mode !== "--allocation") {
    print({ seconds: [await contender.count()], peakBytes: peakResidentBytes() });
    process.exit(0);
  }
  const prepared = await contender.prepare();
  const works = typeof prepared === "function" ? [prepared] : prepared;
  if (mode === "--allocation") {
    print(await allocationOf(works[0]!));
    process.exit(0);
  }
  const { warmUpMs, timedMs, fewestRuns } = measured.isFull === true ? FULL : EVERY_DAY;
  for (const work of works) await repeat(work, warmUpMs / works.length, 1);
  const baselineSeconds = arithmeticSeconds();
  const runs: number[][] = [];
  for (const work of works) runs.push(await repeat(work, timedMs / works.length, fewestRuns));
  const peakBytes = peakResidentBytes();
  print({ seconds: geometricMeans(runs), peakBytes, baselineSeconds } satisfies Measurement);
} catch (error) {
  if (!(error instanceof PeerMissingError)) throw error;
  print({ missing: error.message });
}
// Pools and databases of peers keep the process alive otherwise.
process.exit(0);

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Runs `work` for at least so long and so often; the seconds of each run. */
async function repeat(work: Work, milliseconds: number, fewest: number): Promise<number[]> {
  const seconds: number[] = [];
  const end = performance.now() + milliseconds;
  while ((performance.now() < end && seconds.length < MOST_RUNS) || seconds.length < fewest) {
    const start = performance.now();
    const pending = work();
    const cleanUp = pending === undefined ? undefined : await pending;
    seconds.push(Number(((performance.now() - start) / 1000).toPrecision(6)));
    if (cleanUp !== undefined) await cleanUp();
  }
  return seconds;
}

/** Over the works, run by run: the n-th value is the geometric mean of every work's n-th run. */
function geometricMeans(runs: readonly (readonly number[])[]): number[] {
  const count = Math.min(...runs.map((seconds) => seconds.length));
  return Array.from({ length: count }, (_, n) =>
    Math.exp(runs.reduce((sum, seconds) => sum + Math.log(seconds[n]!), 0) / runs.length),
  );
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
