import { InvalidArgumentError } from "@millrace/base";
import { checkRows, checkSeriesRows, type Rows, widthOf } from "./block-rows.ts";
import { type BlockSteps, resolveBlockSteps, stepAt } from "./block-steps.ts";
import { checkFlags, checkSpikeIds, isAscending, sortedIds } from "./check-entry.ts";
import { checkNumbers } from "./columns/series.ts";
import type { SpikeColumns } from "./columns/spike-columns.ts";
import type { EpisodeColumns } from "./episode-columns.ts";
import type { EpisodeWriter } from "./episode-writer.ts";
import type { FilledField } from "./fields.ts";
import type { BlockSpikes, BlockValues, LogBlock, SparseValues } from "./log-block.ts";
import type { StateSampler } from "./state-sampler.ts";

/**
 * Appends many steps at once; what comes out is the same as from a `log` of each.
 * @throws InvalidArgumentError with the field, the step and the value; nothing of the block is stored then
 */
export function logBlock(episode: EpisodeWriter, block: LogBlock): void {
  const { columns } = episode;
  const { neurons, options } = columns;
  const deep = options.validation;
  const steps = resolveBlockSteps(block, episode.lastTimestep);
  const states = block.neuralStates === undefined ? undefined : rowsOf(block.neuralStates, steps);
  const rewards = block.rewards === undefined ? undefined : rowsOf(block.rewards, steps);
  const behavior = Object.entries(block.behavior ?? {}).map(
    ([name, given]) => [name, rowsOf(given, steps)] as const,
  );
  // Whatever can be refused comes before anything is appended.
  // Values of states that are not kept are not looked at.
  const isEveryStep = states?.steps === steps;
  const rate = isEveryStep ? options.neuralSamplingRate : 1;
  if (states !== undefined) {
    checkRows("neuralStates", states, options.fields.neuralState, neurons, deep && rate === 1);
    if (deep && rate > 1) checkSampled(states, options.fields.neuralState, neurons, rate);
  }
  if (rewards !== undefined) checkRows("rewards", rewards, options.fields.reward, 1, deep);
  if (block.spikes !== undefined) checkShape(block.spikes, steps, neurons);
  const areOrdered = block.spikes !== undefined && areInOrder(block.spikes, neurons);
  if (deep && block.spikes !== undefined && !areOrdered) checkSpikes(block.spikes, steps, neurons);
  for (const [name, rows] of behavior) checkSeriesRows(columns, name, rows, deep);

  if (states !== undefined) appendStates(columns, states, rate, isEveryStep ? columns.sampler : undefined);
  if (rewards !== undefined && rewards.steps.count > 0) columns.rewards.appendAll(rewards);
  if (block.spikes !== undefined) appendSpikes(columns, block.spikes, steps, areOrdered);
  for (const [name, rows] of behavior) {
    if (rows.steps.count > 0) columns.behavior.series(name, rows.values, widthOf(rows)).appendAll(rows);
  }
  if (steps.count > 0) episode.advance(steps.last, steps.count);
}

/** The rows with their steps: those of the block, or their own, which must be among them. */
function rowsOf(given: BlockValues | SparseValues, steps: BlockSteps): Rows {
  if (ArrayBuffer.isView(given)) return { steps, values: given };
  const { timesteps, values } = given;
  const own = resolveBlockSteps({ timesteps }, steps.first - 1);
  if (own.count > 0 && own.last > steps.last) {
    const expected = `steps of the block, up to ${steps.last}`;
    throw new InvalidArgumentError("SNN_BLOCK_STEPS", "timesteps of a field", own.last, expected);
  }
  return { steps: own, values };
}

/** @throws InvalidArgumentError unless there are as many flags, or as many pointers, as steps ask for */
function checkShape(spikes: BlockSpikes, { count }: BlockSteps, neurons: number): void {
  if (spikes instanceof Uint8Array) {
    if (spikes.length === count * neurons) return;
    const expected = `${count * neurons} flags, ${neurons} for each of ${count} steps`;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", "spikes of a block", spikes.length, expected);
  }
  const { indptr, ids } = spikes;
  if (indptr.length !== count + 1 || indptr[0] !== 0 || indptr[count] !== ids.length) {
    const found = `${indptr.length} entries from ${indptr[0]} to ${indptr[indptr.length - 1]}`;
    const expected = `${count + 1} entries from 0 to ${ids.length}`;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", "spikes.indptr of a block", found, expected);
  }
  for (let i = 0; i < count; i++) {
    if (indptr[i + 1]! >= indptr[i]!) continue;
    const expected = `${indptr[i]} or more`;
    throw new InvalidArgumentError("SNN_FIELD_VALUE", `spikes.indptr[${i + 1}]`, indptr[i + 1], expected);
  }
}

/** Whether these are neurons that ascend in every row: nothing can be wrong with them then, and they go in as they are. */
function areInOrder(spikes: BlockSpikes, neurons: number): boolean {
  if (spikes instanceof Uint8Array) return false;
  const { indptr, ids } = spikes;
  if (!(ids instanceof Uint16Array || ids instanceof Uint32Array) || !(ids[0]! < neurons)) return false;
  let falls = 0;
  let above = 0;
  // In one go over all rows: what falls must fall where one begins.
  for (let i = 1; i < ids.length; i++) {
    falls += ids[i]! <= ids[i - 1]! ? 1 : 0;
    above += ids[i]! < neurons ? 0 : 1;
  }
  for (let row = 1; row + 1 < indptr.length; row++) {
    const start = indptr[row]!;
    const isBetween = start > 0 && start < ids.length && start !== indptr[row - 1]!;
    if (isBetween && ids[start]! <= ids[start - 1]!) falls--;
  }
  return falls === 0 && above === 0;
}

function checkSpikes(spikes: BlockSpikes, steps: BlockSteps, neurons: number): void {
  if (spikes instanceof Uint8Array) {
    checkFlags(steps.first, spikes);
    return;
  }
  const { indptr, ids } = spikes;
  for (let i = 0; i < steps.count; i++) {
    checkSpikeIds(stepAt(steps, i), ids, indptr[i]!, indptr[i + 1]!, neurons);
  }
}

function appendSpikes(
  columns: EpisodeColumns,
  spikes: BlockSpikes,
  steps: BlockSteps,
  areOrdered: boolean,
): void {
  if (steps.count === 0) return;
  const target = columns.spikes;
  appendSteps(target, steps);
  if (spikes instanceof Uint8Array) {
    target.appendFlagRows(spikes);
    return;
  }
  const { indptr, ids } = spikes;
  if (areOrdered) {
    target.appendCsr(indptr, ids);
    return;
  }
  for (let i = 0; i < steps.count; i++) {
    const start = indptr[i]!;
    const end = indptr[i + 1]!;
    if (isAscending(ids, start, end)) target.appendRow(ids, start, end);
    else target.appendRow(sortedIds(ids, start, end), 0, end - start);
  }
}

function appendSteps(target: SpikeColumns, { list, first, count }: BlockSteps): void {
  if (list === undefined) target.appendTimes(first, count);
  else for (let i = 0; i < count; i++) target.appendTime(list[i]!);
}

/** Appends the rows whose step `rate` divides. */
function appendStates(
  columns: EpisodeColumns,
  rows: Rows,
  rate: number,
  sampler: StateSampler | undefined,
): void {
  const { steps, values } = rows;
  if (rate === 1 && sampler === undefined) {
    if (steps.count > 0) columns.states.appendAll(rows);
    return;
  }
  const width = columns.neurons;
  for (let i = nextSampled(steps, 0, rate); i < steps.count; i = nextSampled(steps, i + 1, rate)) {
    const step = stepAt(steps, i);
    const row = values.subarray(i * width, (i + 1) * width);
    if (sampler !== undefined && !sampler.keeps(step, row)) continue;
    columns.states.append(step, row);
    sampler?.kept(step);
  }
}

function checkSampled({ steps, values }: Rows, field: FilledField, width: number, rate: number): void {
  for (let i = nextSampled(steps, 0, rate); i < steps.count; i = nextSampled(steps, i + 1, rate)) {
    checkNumbers("neuralStates", stepAt(steps, i), values.subarray(i * width, (i + 1) * width), field, true);
  }
}

/** The first row from `from` on whose step `rate` divides. */
function nextSampled(steps: BlockSteps, from: number, rate: number): number {
  const { list } = steps;
  if (list === undefined) return from + ((rate - ((steps.first + from) % rate)) % rate);
  let i = from;
  while (i < steps.count && list[i]! % rate !== 0) i++;
  return i;
}
