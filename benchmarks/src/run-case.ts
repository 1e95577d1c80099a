import type { Allocation } from "./allocation.ts";
import type { BenchmarkCase } from "./case.ts";
import { formatFigure } from "./figure.ts";
import { countInFreshProcess, measureInFreshProcess } from "./fresh-process.ts";
import { median, spread } from "./statistics.ts";

/** How one contender did. */
export interface ContenderResult {
  readonly name: string;
  readonly isOurs: boolean;
  /** False for a peer that is not installed; the numbers are 0 then. */
  readonly hasRun: boolean;
  /** Units a second, of the median run. */
  readonly perSecond: number;
  /** Units a second, of the fastest run. */
  readonly bestPerSecond: number;
  /** Half the distance between the quartiles as a share of the median. */
  readonly spread: number;
  readonly peakBytes: number;
  /** What one run allocates, in V8's heap and in array buffers; undefined for a peer outside of Node. */
  readonly allocation?: Allocation;
  /** Our rate by this contender's, of the same run; 1 for ours, 0 where it has not run. */
  readonly ourRatio: number;
}

/** How a case went. */
export interface CaseResult {
  readonly id: string;
  readonly unit: string;
  /** Set where the contenders counted something: rates are the case's amount by what they counted. */
  readonly isCounted?: boolean;
  readonly contenders: readonly ContenderResult[];
  /** What is to be reached, and what was: undefined where nothing is named or that peer has not run. */
  readonly reach?: { readonly wanted: number; readonly against: string; readonly found: number };
  /** Seconds of the fixed arithmetic, median over the case's processes. */
  readonly baselineSeconds: number;
}

const ROUNDS = 3;

/**
 * Runs ours and every peer in turns, a fresh process each, three times over. A case that is too large for every day has
 * one round of longer measurements, as making its input takes most of its time, and its allocations are not counted.
 */
export async function runCase(root: string, id: string, benchmark: BenchmarkCase): Promise<CaseResult> {
  const { ours, peers, unit, amount, isCounted = false, isFull = false } = benchmark;
  const seconds = new Map<string, number[]>();
  const peaks = new Map<string, number[]>();
  const baselines: number[] = [];
  for (let round = 0; round < (isCounted || isFull ? 1 : ROUNDS); round++) {
    for (const contender of [ours, ...peers]) {
      const { name } = contender;
      const measured = await measureInFreshProcess(root, id, contender);
      if (measured === undefined) continue;
      seconds.set(name, [...(seconds.get(name) ?? []), ...measured.seconds]);
      peaks.set(name, [...(peaks.get(name) ?? []), measured.peakBytes]);
      if (measured.baselineSeconds !== undefined) baselines.push(measured.baselineSeconds);
    }
  }
  const allocations = new Map<string, Allocation>();
  for (const contender of isCounted || isFull ? [] : [ours, ...peers]) {
    const counted = await countInFreshProcess(root, id, contender);
    if (counted !== undefined) allocations.set(contender.name, counted);
  }
  const ourSeconds = median(seconds.get(ours.name)!);
  const ourPerSecond = (ours.amount ?? amount) / ourSeconds;
  const contenders = [ours, ...peers].map(({ name, amount: own = amount }): ContenderResult => {
    const runs = seconds.get(name);
    const isOurs = name === ours.name;
    const allocation = allocations.get(name);
    if (runs === undefined) {
      return {
        name,
        isOurs,
        hasRun: false,
        perSecond: 0,
        bestPerSecond: 0,
        spread: 0,
        peakBytes: 0,
        ourRatio: 0,
      };
    }
    return {
      name,
      isOurs,
      hasRun: true,
      perSecond: own / median(runs),
      bestPerSecond: own / Math.min(...runs),
      spread: spread(runs),
      peakBytes: median(peaks.get(name)!),
      ...(allocation === undefined ? {} : { allocation }),
      ourRatio: ourPerSecond / (own / median(runs)),
    };
  });
  const reach = reached(benchmark, contenders);
  return {
    id,
    unit,
    contenders,
    baselineSeconds: baselines.length === 0 ? 0 : median(baselines),
    ...(isCounted ? { isCounted } : {}),
    ...(reach === undefined ? {} : { reach }),
  };
}

function reached(benchmark: BenchmarkCase, contenders: readonly ContenderResult[]): CaseResult["reach"] {
  if (benchmark.reach === undefined) return undefined;
  if ("perSecond" in benchmark.reach) {
    const { perSecond } = benchmark.reach;
    const ours = contenders.find(({ isOurs }) => isOurs)!;
    return { wanted: 1, against: formatFigure(benchmark, perSecond), found: ours.perSecond / perSecond };
  }
  const { ratio, peers } = benchmark.reach;
  const rivals = contenders.filter(
    ({ isOurs, hasRun, name }) => !isOurs && hasRun && (peers === undefined || peers.includes(name)),
  );
  if (rivals.length === 0) return undefined;
  const best = rivals.reduce((a, b) => (b.ourRatio < a.ourRatio ? b : a));
  return { wanted: ratio, against: best.name, found: best.ourRatio };
}
