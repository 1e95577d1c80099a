import { CorruptDataError } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { checkOutput } from "./internal/check-output.ts";

/** Arrays of integers up to 32 bits. Floats: view their bytes as integers, so that NaN and -0 keep their bits. */
export type IntegerArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** From this run length on the engine's `fill` beats a plain loop. */
const FILL_FROM = 24;

/**
 * How many runs of consecutive integers `steps[start, end)` has: 3, 4, 5, 9 has two.
 * @throws InvalidArgumentError for a range outside the array
 */
export function countStepRuns(steps: Uint32Array, start: number, end: number): number {
  checkRange("codecs", "countStepRuns", start, end, steps.length);
  let runs = 0;
  let next = 0;
  for (let i = start; i < end; i++) {
    const step = steps[i]! | 0;
    // No run goes on to 0: nothing is before it, and 2^32 - 1 is the last timestep there is.
    if (step !== next || step === 0) runs++;
    next = (step + 1) | 0;
  }
  return runs;
}

/**
 * Encodes active timesteps as runs: (first timestep, how many in a row). Any order comes back unchanged.
 * @param runStarts - room for `countStepRuns` entries, at most one for each step
 * @param runCounts - as long
 * @returns the number of runs written, from index 0 on
 * @throws InvalidArgumentError for a range outside the array, or too little room; nothing is written then
 * @example
 * encodeStepRuns(new Uint32Array([3, 4, 5, 9]), 0, 4, starts, counts); // 2: starts 3, 9; counts 3, 1
 */
export function encodeStepRuns(
  steps: Uint32Array,
  start: number,
  end: number,
  runStarts: Uint32Array,
  runCounts: Uint32Array,
): number {
  checkRange("codecs", "encodeStepRuns", start, end, steps.length);
  const room = Math.min(runStarts.length, runCounts.length);
  // Counting takes as long as encoding: where each step has room for a run of its own, nothing has to be counted.
  if (room < end - start) checkOutput("encodeStepRuns", 0, countStepRuns(steps, start, end), room);
  let run = 0;
  for (let i = start; i < end; run++) {
    const first = steps[i]!;
    const from = i;
    const offset = (first - i) | 0;
    do i++;
    while (i < end && (steps[i]! | 0) === ((i + offset) | 0));
    // The last timestep there is ends a run, too; what follows it wraps around and is smaller than the first.
    if (steps[i - 1]! < first) i = from + (2 ** 32 - first);
    runStarts[run] = first;
    runCounts[run] = i - from;
  }
  return run;
}

/**
 * The number of elements that the first `runs` runs stand for.
 * @throws CorruptDataError when a run is empty
 * @throws InvalidArgumentError when there are fewer counts than `runs`
 */
export function expandedLength(runCounts: Uint32Array, runs: number): number {
  checkRange("codecs", "expandedLength", 0, runs, runCounts.length);
  let length = 0;
  for (let run = 0; run < runs; run++) {
    const count = runCounts[run]!;
    if (count === 0) throw corruptRun(run, "the run has length 0, expected 1 or more");
    length += count;
  }
  return length;
}

/**
 * Writes the timesteps of the first `runs` runs to `dst` from `dstStart` on.
 * @returns how many timesteps were written
 * @throws CorruptDataError when a run is empty, goes above 2^32 - 1, or all do not fit; nothing is written then
 */
export function decodeStepRuns(
  runStarts: Uint32Array,
  runCounts: Uint32Array,
  runs: number,
  dst: Uint32Array,
  dstStart: number,
): number {
  checkRange("codecs", "decodeStepRuns", 0, runs, runStarts.length);
  const length = checkedLength(runCounts, runs, dst.length, dstStart);
  for (let run = 0; run < runs; run++) {
    if (runStarts[run]! + runCounts[run]! > 2 ** 32) {
      throw corruptRun(run, `${runCounts[run]} steps from ${runStarts[run]} on pass 2^32 - 1`);
    }
  }
  let at = dstStart;
  for (let run = 0; run < runs; run++) {
    const end = at + runCounts[run]!;
    // The steps are consecutive, so `fill` is no use here whatever the length.
    for (let step = runStarts[run]!; at < end; at++, step++) dst[at] = step;
  }
  return length;
}

/**
 * How many runs of equal values `values[start, end)` has.
 * @throws InvalidArgumentError for a range outside the array
 */
export function countRuns(values: IntegerArray, start: number, end: number): number {
  checkRange("codecs", "countRuns", start, end, values.length);
  let runs = end > start ? 1 : 0;
  for (let i = start + 1; i < end; i++) if (values[i] !== values[i - 1]) runs++;
  return runs;
}

/**
 * Encodes runs of equal values as (value, count).
 * @param runValues - of the kind of `values`; room for `countRuns` entries, at most one for each value
 * @param runCounts - as long
 * @returns the number of runs written, from index 0 on
 * @throws InvalidArgumentError for a range outside the array, or too little room; nothing is written then
 */
export function encodeRuns<T extends IntegerArray>(
  values: T,
  start: number,
  end: number,
  runValues: T,
  runCounts: Uint32Array,
): number {
  checkRange("codecs", "encodeRuns", start, end, values.length);
  const room = Math.min(runValues.length, runCounts.length);
  if (room < end - start) checkOutput("encodeRuns", 0, countRuns(values, start, end), room);
  let run = 0;
  for (let i = start; i < end; run++) {
    const value = values[i]!;
    const from = i;
    do i++;
    while (i < end && values[i] === value);
    runValues[run] = value;
    runCounts[run] = i - from;
  }
  return run;
}

/**
 * Writes the values of the first `runs` runs to `dst` from `dstStart` on.
 * @returns how many values were written
 * @throws CorruptDataError when a run is empty or all do not fit; nothing is written then
 */
export function decodeRuns<T extends IntegerArray>(
  runValues: T,
  runCounts: Uint32Array,
  runs: number,
  dst: T,
  dstStart: number,
): number {
  checkRange("codecs", "decodeRuns", 0, runs, runValues.length);
  const length = checkedLength(runCounts, runs, dst.length, dstStart);
  let at = dstStart;
  for (let run = 0; run < runs; run++) {
    const value = runValues[run]!;
    const end = at + runCounts[run]!;
    if (end - at < FILL_FROM) for (; at < end; at++) dst[at] = value;
    else dst.fill(value, at, end);
    at = end;
  }
  return length;
}

function checkedLength(runCounts: Uint32Array, runs: number, dstLength: number, dstStart: number): number {
  checkOutput("run-length decoding", dstStart, 0, dstLength);
  const length = expandedLength(runCounts, runs);
  if (dstStart + length <= dstLength) return length;
  throw corruptRun(0, `${runs} runs stand for ${length} elements, expected at most ${dstLength - dstStart}`);
}

function corruptRun(run: number, problem: string): CorruptDataError {
  return new CorruptDataError("CODECS_RLE_CORRUPT", "run-length counts", run * 4, `run ${run}: ${problem}`);
}
