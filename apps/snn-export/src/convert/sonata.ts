import type { Hdf5Group } from "@millrace/hdf5";
import type { ConvertWork } from "./convert-work.ts";
import type { EpisodeSource, RunSource } from "./run-source.ts";
import { writeSonataEdges } from "./sonata-edges.ts";
import { writeSonataReport } from "./sonata-report.ts";
import { UNFILTERED } from "./unfiltered.ts";
import { wideIds } from "./wide-ids.ts";

/** SONATA's magic number, and the version of its reports that is written. */
const MAGIC = 0x0a7a;
const VERSION = Uint32Array.of(0, 1);
/** How spikes are sorted; readers want the enumeration. */
const SORTINGS = { none: 0, by_id: 1, by_time: 2 };

/**
 * Writes SONATA's spikes, reports and edges (SONATA developer guide, "Output file formats" and "Representing edges").
 *
 * An episode is a population, neural states that were kept at even steps are a report of one compartment a neuron.
 */
export async function writeSonata(
  run: RunSource,
  episodes: readonly EpisodeSource[],
  root: Hdf5Group,
  work: ConvertWork,
): Promise<void> {
  root.setAttribute("magic", MAGIC, { kind: "uint32" });
  root.setAttribute("version", VERSION);
  const ids = run.neuronIds();
  const spikes = root.createGroup("spikes");
  for (const episode of episodes) await writeSpikes(run, episode, spikes, ids, work);
  spikes.closeSync();
  for (const episode of episodes) await writeSonataReport(run, episode, root, ids, work);
  if (run.network !== undefined) await writeSonataEdges(run.network, episodes[0]!.population, ids, root);
  for (const episode of episodes) {
    for (const field of run.fields(episode)) {
      if (field !== "spikes" && field !== "neural_states")
        work.leftOut.push(`${episode.population}: ${field}`);
    }
  }
}

async function writeSpikes(
  run: RunSource,
  episode: EpisodeSource,
  spikes: Hdf5Group,
  ids: Float64Array,
  work: ConvertWork,
): Promise<void> {
  const population = spikes.createGroup(episode.population);
  population.setAttribute("sorting", SORTINGS.by_time, { kind: "uint8", members: SORTINGS });
  const timestamps = population.createDataset("timestamps", { kind: "float64", ...UNFILTERED });
  timestamps.setAttribute("units", "ms");
  const nodeIds = population.createDataset("node_ids", { kind: "uint64", ...UNFILTERED });
  for (const part of run.spikes(episode, "ms")) {
    await timestamps.append(part.times);
    await nodeIds.append(wideIds(part.ids, ids));
    work.spikes += part.ids.length;
    await work.turn(part.ids.length, part.ids.length * 16);
  }
  population.closeSync();
}
