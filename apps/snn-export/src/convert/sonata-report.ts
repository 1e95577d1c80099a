import type { Hdf5Group } from "@millrace/hdf5";
import { attributeOf, groupIn } from "../loader/run-tree.ts";
import type { SeriesData } from "../loader/series-reader.ts";
import type { ConvertWork } from "./convert-work.ts";
import type { EpisodeSource, RunSource } from "./run-source.ts";
import { stateWindows } from "./state-windows.ts";
import { UNFILTERED } from "./unfiltered.ts";

/** Even steps of a report. */
interface EvenSteps {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** Writes `/report/<population>`: the neural states of an episode, when their steps are even. */
export async function writeSonataReport(
  run: RunSource,
  episode: EpisodeSource,
  root: Hdf5Group,
  ids: Float64Array,
  work: ConvertWork,
): Promise<void> {
  const { data, population } = episode;
  if (!data.fields.includes("neural_states")) return;
  const steps = evenSteps(stateWindows(episode));
  if (steps === undefined) {
    work.leftOut.push(`${population}: neural_states, which were not kept at even steps`);
    return;
  }
  const reports = root.names.includes("report") ? root.openGroupSync("report") : root.createGroup("report");
  const report = reports.createGroup(population);
  const values = report.createDataset("data", { kind: "float32", rowShape: [run.neurons], ...UNFILTERED });
  values.setAttribute("units", unitOf(run, episode));
  for (const part of stateWindows(episode)) {
    await values.append(part.values instanceof Float32Array ? part.values : Float32Array.from(part.values));
    await work.turn(0, part.values.byteLength);
  }
  const mapping = report.createGroup("mapping");
  const nodeIds = mapping.writeDatasetSync("node_ids", BigUint64Array.from(ids, BigInt));
  nodeIds.setAttribute("sorted", 1, { kind: "uint8" });
  const count = ids.length;
  mapping.writeDatasetSync(
    "index_pointers",
    BigUint64Array.from({ length: count + 1 }, (_, i) => BigInt(i)),
  );
  mapping.writeDatasetSync("element_ids", new Uint32Array(count));
  const clock = run.clock("ms");
  const end = clock.at(steps.first + steps.count * steps.step);
  const time = Float64Array.of(clock.at(steps.first), end, clock.at(steps.step));
  mapping.writeDatasetSync("time", time).setAttribute("units", "ms");
  report.closeSync();
}

/** The unit that the recorder wrote beside the states. */
export function unitOf(run: RunSource, { id }: EpisodeSource): string {
  const episode = groupIn(groupIn(run.loader.root, "episodes"), `episode_${String(id).padStart(4, "0")}`);
  const values = groupIn(episode, "neural_states")?.get("values");
  return values === undefined ? "mV" : String(attributeOf(values, "units") ?? "mV");
}

function evenSteps(parts: Iterable<SeriesData>): EvenSteps | undefined {
  let first = Number.NaN;
  let step = Number.NaN;
  let count = 0;
  for (const { timesteps } of parts) {
    for (let i = 0; i < timesteps.length; i++, count++) {
      const timestep = timesteps[i]!;
      if (count === 0) first = timestep;
      else if (count === 1) step = timestep - first;
      else if (timestep !== first + count * step) return undefined;
    }
  }
  return count < 2 ? undefined : { first, step, count };
}
