import { CorruptDataError, type MillraceError } from "@millrace/base";
import type { Hdf5Reader, Hdf5ReadGroup } from "@millrace/hdf5";
import type { TimeUnit } from "../convert/step-clock.ts";
import { nwbPopulations } from "./nwb-file.ts";
import { sonataPopulations } from "./sonata-file.ts";

/** Spikes of some rows of a file, in its order. */
export interface SpikeRows {
  readonly times: Float64Array;
  /** As the file has them. */
  readonly ids: Float64Array;
}

/** Neurons that were recorded together: a population of SONATA, or the units of NWB. */
export interface SpikePopulation {
  readonly name: string;
  readonly unit: TimeUnit;
  readonly spikes: number;
  /** All ids that there can be, where the file has a list: neuron i is the i-th. */
  readonly ids: Float64Array | undefined;
  /** All spikes in the order of the file, some at a time. */
  rows(): Generator<SpikeRows, void>;
}

/** A file of spikes of another program. */
export interface SpikeFile {
  readonly format: "sonata" | "nwb";
  readonly populations: readonly SpikePopulation[];
}

/** Finds the spikes of a file. @throws CorruptDataError when there are none that are known */
export function openSpikeFile(reader: Hdf5Reader): SpikeFile {
  const { root, path } = reader;
  if (has(root, "units")) return { format: "nwb", populations: nwbPopulations(root, path) };
  if (has(root, "spikes")) return { format: "sonata", populations: sonataPopulations(root, path) };
  const problem = `${path} has neither /spikes (SONATA) nor /units (NWB); import reads files of spikes`;
  throw new CorruptDataError("SNN_IMPORT_FORMAT", "HDF5", 0, problem);
}

/** Whether there is a group of that name. */
function has(root: Hdf5ReadGroup, name: string): boolean {
  return root.get(name)?.kind === "group";
}

/** The error for spikes that contradict each other. */
export function badSpikes(path: string, format: string, problem: string): MillraceError {
  return new CorruptDataError("SNN_IMPORT_DATA", format, 0, `${path}, ${problem}`);
}

/** Rows that are read at a time. */
export const ROWS_AT_A_TIME = 65_536;

/** The ranges [start, stop) that some rows are read in. */
export function* pieces(start: number, stop: number): Generator<readonly [number, number], void> {
  for (let from = start; from < stop; from += ROWS_AT_A_TIME)
    yield [from, Math.min(stop, from + ROWS_AT_A_TIME)];
}
