import { badSpikes, type SpikeFile, type SpikePopulation } from "./spike-file.ts";

/** Steps a millisecond that are tried, the coarsest first. */
const STEPS_PER_MS = [
  1, 2, 4, 5, 8, 10, 16, 20, 24, 25, 30, 32, 40, 48, 50, 64, 80, 100, 128, 200, 250, 256, 500, 512, 1000,
  1024, 10_000, 100_000, 1_000_000,
];

/** What one look at all spikes finds. */
export interface Survey {
  /** The coarsest steps a millisecond at which all times are whole steps; undefined where there are none. */
  readonly stepsPerMs: number | undefined;
  /** The earliest time in milliseconds, 0 at most. */
  readonly firstMs: number;
  /** Whether the spikes of each population ascend in time. */
  readonly isSorted: readonly boolean[];
  readonly highestId: number;
}

/** Looks at all spikes of a file. @throws CorruptDataError for times that are no numbers, and ids that are no ids */
export function survey({ populations, format }: SpikeFile, path: string): Survey {
  let candidates = STEPS_PER_MS;
  let firstMs = 0;
  let highestId = 0;
  const isSorted = populations.map((population) => {
    const perUnit = population.unit === "s" ? 1000 : 1;
    let previous = Number.NEGATIVE_INFINITY;
    let ascends = true;
    for (const { times, ids } of population.rows()) {
      checkRows(times, ids, population, path, format);
      for (let i = 0; i < times.length; i++) {
        const time = times[i]!;
        if (time < previous) ascends = false;
        previous = time;
        if (time * perUnit < firstMs) firstMs = time * perUnit;
        if (ids[i]! > highestId) highestId = ids[i]!;
      }
      while (candidates.length > 0 && !areWhole(times, candidates[0]! * perUnit))
        candidates = candidates.slice(1);
    }
    return ascends;
  });
  const stepsPerMs = firstMs < 0 ? undefined : candidates[0];
  return { stepsPerMs, firstMs, isSorted, highestId };
}

/** Whether each time is a whole number of steps, and comes out again when that number is divided. */
function areWhole(times: Float64Array, stepsPerUnit: number): boolean {
  for (let i = 0; i < times.length; i++) {
    const step = Math.round(times[i]! * stepsPerUnit);
    if (step / stepsPerUnit !== times[i]! || step > Number.MAX_SAFE_INTEGER) return false;
  }
  return true;
}

function checkRows(
  times: Float64Array,
  ids: Float64Array,
  { name }: SpikePopulation,
  path: string,
  format: string,
): void {
  for (let i = 0; i < times.length; i++) {
    if (!Number.isFinite(times[i]!))
      throw badSpikes(path, format, `${name}: a spike is at the time ${times[i]}`);
    if (!(Number.isSafeInteger(ids[i]!) && ids[i]! >= 0)) {
      throw badSpikes(path, format, `${name}: a spike is of neuron ${ids[i]}`);
    }
  }
}
