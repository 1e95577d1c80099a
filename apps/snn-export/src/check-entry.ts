import { InvalidArgumentError } from "@millrace/base";
import { areFlags } from "./flags.ts";

/** @throws InvalidArgumentError unless `found` is one value a neuron */
export function checkNeuronCount(field: string, timestep: number, found: number, neurons: number): void {
  if (found === neurons) return;
  const what = `${field} at step ${timestep}`;
  throw new InvalidArgumentError("SNN_FIELD_SHAPE", what, found, `${neurons} values, one a neuron`);
}

/** @throws InvalidArgumentError unless `id` is the index of a neuron */
export function checkNeuron(what: string, timestep: number, id: number, neurons: number): void {
  if (Number.isInteger(id) && id >= 0 && id < neurons) return;
  const expected = `a neuron from 0 to ${neurons - 1}`;
  throw new InvalidArgumentError("SNN_NEURON_RANGE", `${what} at step ${timestep}`, id, expected);
}

/** @throws InvalidArgumentError for a step that is no integer, or not above `last` */
export function checkTimestep(timestep: number, last: number): void {
  if (Number.isSafeInteger(timestep) && timestep > last) return;
  const expected = last < 0 ? "an integer from 0 on" : `an integer above the last step, ${last}`;
  throw new InvalidArgumentError("SNN_TIMESTEP_ORDER", "timestep", timestep, expected);
}

/** @throws InvalidArgumentError naming the first flag that is neither 0 nor 1 */
export function checkFlags(timestep: number, flags: Uint8Array): void {
  if (areFlags(flags)) return;
  const at = flags.findIndex((flag) => flag > 1);
  throw new InvalidArgumentError("SNN_FIELD_VALUE", `spikes[${at}] at step ${timestep}`, flags[at], "0 or 1");
}

/**
 * Checks ids[start, end).
 * @throws InvalidArgumentError for an id out of range, or one given twice
 */
export function checkSpikeIds(
  timestep: number,
  ids: ArrayLike<number>,
  start: number,
  end: number,
  neurons: number,
): void {
  // As long as integers in range ascend, nothing can be wrong; that is looked at in one go.
  let last = -1;
  let at = start;
  for (; at < end; at++) {
    const id = ids[at]!;
    if (!(id > last && id < neurons && id === Math.floor(id))) break;
    last = id;
  }
  if (at < end) checkUnsortedIds(timestep, ids, start, end, neurons);
}

function checkUnsortedIds(
  timestep: number,
  ids: ArrayLike<number>,
  start: number,
  end: number,
  neurons: number,
): void {
  for (let i = start; i < end; i++) checkNeuron(`spikeIds[${i - start}]`, timestep, ids[i]!, neurons);
  const sorted = sortedIds(ids, start, end);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i - 1] !== sorted[i]) continue;
    const what = `spikeIds at step ${timestep}`;
    throw new InvalidArgumentError(
      "SNN_SPIKE_TWICE",
      what,
      `neuron ${sorted[i]} twice`,
      "each neuron at most once",
    );
  }
}

/** Whether each of ids[start, end) is above the one before. */
export function isAscending(ids: ArrayLike<number>, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (!(ids[i - 1]! < ids[i]!)) return false;
  return true;
}

/** ids[start, end) in ascending order. */
export function sortedIds(ids: ArrayLike<number>, start: number, end: number): Uint32Array {
  const sorted = new Uint32Array(end - start);
  for (let i = start; i < end; i++) sorted[i - start] = ids[i]!;
  return sorted.sort();
}

/** @throws InvalidArgumentError for a weight that is not finite */
export function checkWeight(what: string, timestep: number, weight: number): void {
  if (Number.isFinite(weight)) return;
  throw new InvalidArgumentError(
    "SNN_VALUE_NOT_FINITE",
    `${what} at step ${timestep}`,
    weight,
    "a finite number",
  );
}

/**
 * An event as JSON text in bytes.
 * @throws InvalidArgumentError when it cannot be written as JSON
 */
export function eventBytes(
  timestep: number,
  event: { readonly type: string; readonly data?: unknown },
): Uint8Array {
  const { type, data } = event;
  try {
    return ENCODER.encode(JSON.stringify({ type, data }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError("SNN_JSON_INVALID", `event at step ${timestep}`, reason, "JSON");
  }
}

const ENCODER = new TextEncoder();
