import type { Hdf5ReadGroup } from "@millrace/hdf5";
import type { TimeUnit } from "../convert/step-clock.ts";
import { badSpikes, pieces, type SpikePopulation } from "./spike-file.ts";

const UNITS: Readonly<Record<string, TimeUnit>> = {
  ms: "ms",
  millisecond: "ms",
  milliseconds: "ms",
  s: "s",
  second: "s",
  seconds: "s",
};

/** The populations of `/spikes`: each has timestamps and node_ids. @throws CorruptDataError */
export function sonataPopulations(root: Hdf5ReadGroup, path: string): SpikePopulation[] {
  const spikes = root.group("spikes");
  const found: SpikePopulation[] = [];
  for (const name of spikes.names) {
    const group = spikes.get(name);
    if (group?.kind === "group") found.push(populationOf(group, name, path));
  }
  if (found.length === 0) throw badSpikes(path, "SONATA", "/spikes: it has no populations");
  if (found.some(({ unit }) => unit !== found[0]!.unit)) {
    throw badSpikes(path, "SONATA", "/spikes: its populations give times in different units");
  }
  return found;
}

function populationOf(group: Hdf5ReadGroup, name: string, path: string): SpikePopulation {
  const times = group.dataset("timestamps");
  const ids = group.dataset("node_ids");
  if (times.shape.length !== 1 || ids.shape.length !== 1 || times.rows !== ids.rows) {
    const problem = `${group.path}: ${times.rows} timestamps and ${ids.rows} node_ids; there must be one each a spike`;
    throw badSpikes(path, "SONATA", problem);
  }
  // SONATA's times are milliseconds where nothing is said.
  const given = String(times.attributes.get("units") ?? "ms");
  const unit = UNITS[given.toLowerCase()];
  if (unit === undefined)
    throw badSpikes(path, "SONATA", `${times.path}: the unit ${given} is neither ms nor s`);
  return {
    name,
    unit,
    spikes: times.rows,
    ids: undefined,
    *rows() {
      for (const [start, stop] of pieces(0, times.rows)) {
        yield {
          times: times.readRowsSync(start, stop, "float64"),
          ids: ids.readRowsSync(start, stop, "float64"),
        };
      }
    },
  };
}
