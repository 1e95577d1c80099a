import type { Hdf5ReadDataset, Hdf5ReadGroup } from "@millrace/hdf5";
import { badSpikes, pieces, type SpikePopulation } from "./spike-file.ts";

/** The units of an NWB file as one population. @throws CorruptDataError */
export function nwbPopulations(root: Hdf5ReadGroup, path: string): SpikePopulation[] {
  const units = root.group("units");
  const dataset = (name: string): Hdf5ReadDataset => units.dataset(name);
  if (!units.names.includes("spike_times")) throw badSpikes(path, "NWB", "/units: it has no spike_times");
  const times = dataset("spike_times");
  const ends = dataset("spike_times_index").readRowsSync(0, undefined, "float64");
  const ids = dataset("id").readRowsSync(0, undefined, "float64");
  let before = 0;
  for (const end of ends) {
    if (!(end >= before && end <= times.rows)) {
      const problem = `/units/spike_times_index: a unit ends at ${end}, behind ${before}, of ${times.rows} times`;
      throw badSpikes(path, "NWB", problem);
    }
    before = end;
  }
  if (ends.length !== ids.length) {
    throw badSpikes(path, "NWB", `/units: ${ids.length} ids for ${ends.length} units`);
  }
  const population: SpikePopulation = {
    name: "units",
    unit: "s",
    spikes: before,
    ids,
    *rows() {
      for (const [unit, end] of ends.entries()) {
        for (const [start, stop] of pieces(ends[unit - 1] ?? 0, end)) {
          const part = times.readRowsSync(start, stop, "float64");
          yield { times: part, ids: new Float64Array(part.length).fill(ids[unit]!) };
        }
      }
    },
  };
  return [population];
}
