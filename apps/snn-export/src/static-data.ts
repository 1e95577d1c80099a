import { InvalidArgumentError } from "@millrace/base";
import { kindOf, newTypedArray, type TypedArray } from "@millrace/buffers";
import { checkRows, checkSeriesRows, type Rows, widthOf } from "./block-rows.ts";
import { checkNeuron, checkWeight, eventBytes } from "./check-entry.ts";
import type { EpisodeWriter } from "./episode-writer.ts";
import type { BlockValues, SparseValues, StaticEpisodeData } from "./log-block.ts";

/**
 * Appends data of a whole episode that come at once, in any order; they are stored sorted by time step.
 * @throws InvalidArgumentError when they cannot be, or the field has been logged in this episode; nothing is stored then
 */
export function logStaticData(episode: EpisodeWriter, data: StaticEpisodeData): void {
  const { columns } = episode;
  const { neurons, options } = columns;
  const deep = options.validation;
  const { weightChanges, events = [] } = data;
  const weightOrder = weightChanges === undefined ? [] : weightOrderOf(weightChanges);
  if (weightChanges !== undefined && deep) checkWeights(weightChanges, neurons);
  const texts = events.map((event) => eventBytes(event.timestep, event));
  const eventOrder = orderOf(
    "events",
    events.map(({ timestep }) => timestep),
  );
  const rewards = data.rewards === undefined ? undefined : sortedRows("rewards", data.rewards);
  if (rewards !== undefined) checkRows("rewards", rewards, options.fields.reward, 1, deep);
  const behavior = Object.entries(data.behavior ?? {}).map(
    ([name, given]) => [name, sortedRows(`behavior.${name}`, given)] as const,
  );
  for (const [name, rows] of behavior) checkSeriesRows(columns, name, rows, deep);
  if (weightOrder.length > 0) refuseTwice("weight changes", columns.has("weights"));
  if (events.length > 0) refuseTwice("events", columns.has("events"));
  if (rewards !== undefined) refuseTwice("rewards", columns.has("rewards"));
  for (const [name] of behavior) {
    refuseTwice(`behavior.${name}`, columns.existingBehavior?.find(name) !== undefined);
  }

  for (const i of weightOrder) {
    columns.weights.append(weightChanges!.timesteps[i]!, {
      source: weightChanges!.sources[i]!,
      target: weightChanges!.targets[i]!,
      oldWeight: weightChanges!.oldWeights[i]!,
      newWeight: weightChanges!.newWeights[i]!,
    });
  }
  for (const i of eventOrder) columns.events.append(events[i]!.timestep, texts[i]!);
  if (rewards !== undefined && rewards.steps.count > 0) columns.rewards.appendAll(rewards);
  for (const [name, rows] of behavior) {
    if (rows.steps.count > 0) columns.behavior.series(name, rows.values, widthOf(rows)).appendAll(rows);
  }
}

function refuseTwice(field: string, isThere: boolean): void {
  if (!isThere) return;
  const expected = "a field that nothing was logged of in this episode: its rows would not be sorted";
  throw new InvalidArgumentError("SNN_FIELD_TWICE", "logStaticEpisodeData", field, expected);
}

function weightOrderOf(changes: NonNullable<StaticEpisodeData["weightChanges"]>): Uint32Array {
  const count = changes.timesteps.length;
  for (const name of ["sources", "targets", "oldWeights", "newWeights"] as const) {
    if (changes[name].length === count) continue;
    const expected = `${count} values, one a time step`;
    throw new InvalidArgumentError(
      "SNN_TABLE_SHAPE",
      `weightChanges.${name}`,
      changes[name].length,
      expected,
    );
  }
  return orderOf("weightChanges", changes.timesteps);
}

function checkWeights(changes: NonNullable<StaticEpisodeData["weightChanges"]>, neurons: number): void {
  for (let i = 0; i < changes.timesteps.length; i++) {
    const step = changes.timesteps[i]!;
    checkNeuron(`weightChanges.sources[${i}]`, step, changes.sources[i]!, neurons);
    checkNeuron(`weightChanges.targets[${i}]`, step, changes.targets[i]!, neurons);
    checkWeight(`weightChanges.oldWeights[${i}]`, step, changes.oldWeights[i]!);
    checkWeight(`weightChanges.newWeights[${i}]`, step, changes.newWeights[i]!);
  }
}

/** The order in which time steps ascend; equal ones stay as they come. @throws InvalidArgumentError for what is no step */
function orderOf(field: string, timesteps: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(timesteps.length);
  for (let i = 0; i < order.length; i++) {
    order[i] = i;
    if (Number.isSafeInteger(timesteps[i]) && timesteps[i]! >= 0) continue;
    const what = `timestep ${i} of ${field}`;
    throw new InvalidArgumentError("SNN_TIMESTEP_ORDER", what, timesteps[i], "an integer from 0 on");
  }
  return order.sort((a, b) => timesteps[a]! - timesteps[b]!);
}

/** The rows in the order of their time steps. */
function sortedRows(label: string, { timesteps, values }: SparseValues): Rows {
  const order = orderOf(label, timesteps);
  const width = order.length === 0 ? 1 : values.length / order.length;
  if (!Number.isInteger(width) || width < 1) {
    const expected = `a multiple of ${order.length}, the time steps`;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", label, values.length, expected);
  }
  const list = new Float64Array(order.length);
  const rows = newTypedArray(kindOf(values as TypedArray), values.length) as BlockValues;
  for (const [to, from] of order.entries()) {
    list[to] = timesteps[from]!;
    if (to > 0 && list[to] === list[to - 1]) {
      const expected = "each time step at most once";
      throw new InvalidArgumentError("SNN_FIELD_TWICE", label, `time step ${list[to]} twice`, expected);
    }
    rows.set(values.subarray(from * width, (from + 1) * width), to * width);
  }
  return {
    steps: { count: order.length, first: list[0] ?? 0, last: list.at(-1) ?? 0, list },
    values: rows,
  };
}
