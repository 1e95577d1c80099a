import { randomUUID } from "node:crypto";
import { InvalidArgumentError } from "@millrace/base";
import { type Hdf5Group, type Hdf5Object, objectReference } from "@millrace/hdf5";
import type { ConvertWork } from "./convert-work.ts";
import { writeNwbUnits } from "./nwb-units.ts";
import type { EpisodeSource, RunSource } from "./run-source.ts";
import { unitOf } from "./sonata-report.ts";
import { seriesWindows } from "./state-windows.ts";

/** The version of the NWB schema whose rules are kept (docs: nwb-schema.readthedocs.io, "NWB format"). */
const NWB_VERSION = "2.7.0";

/**
 * Writes one episode as an NWB 2 file: spikes as units, states, rewards and behavior as time series.
 * @param memoryBytes - what spikes may take while they are brought from order of time into order of units
 * @throws InvalidArgumentError when there are several episodes: an NWB file is of one session
 */
export async function writeNwb(
  run: RunSource,
  episodes: readonly EpisodeSource[],
  root: Hdf5Group,
  work: ConvertWork,
  memoryBytes: number,
): Promise<void> {
  const [episode, another] = episodes;
  if (episode === undefined || another !== undefined) {
    const expected = "the number of one: an NWB file holds a single session";
    throw new InvalidArgumentError("SNN_EPISODE_CHOICE", "episode", `${episodes.length} episodes`, expected);
  }
  const attributes = run.loader.attributes();
  const started = String(attributes.timestamp ?? new Date(0).toISOString());
  typed(root, "core", "NWBFile");
  root.setAttribute("nwb_version", NWB_VERSION);
  root.writeDatasetSync("identifier", `${String(attributes.experiment_name)}-${started}-${episode.id}`);
  root.writeDatasetSync(
    "session_description",
    `${String(attributes.experiment_name)}, ${episode.population}`,
  );
  root.writeDatasetSync("session_start_time", started);
  root.writeDatasetSync("timestamps_reference_time", started);
  root.writeDatasetSync("file_create_date", [new Date().toISOString()]);
  const general = root.createGroup("general");
  const notes = { config: run.loader.config(), metadata: run.loader.metadata() };
  general.writeDatasetSync("notes", JSON.stringify(notes));
  for (const name of ["analysis", "processing"]) root.createGroup(name);
  const stimulus = root.createGroup("stimulus");
  for (const name of ["presentation", "templates"]) stimulus.createGroup(name);
  const acquisition = root.createGroup("acquisition");
  for (const field of run.fields(episode)) await writeField(run, episode, field, acquisition, work);
  if ((run.network?.connections.source.length ?? 0) > 0) work.leftOut.push("network_structure");
  if (episode.data.fields.includes("spikes")) await writeNwbUnits(run, episode, root, work, memoryBytes);
}

/** Sets the attributes that say what an object is. */
export function typed(object: Hdf5Object, namespace: "core" | "hdmf-common", type: string): void {
  object.setAttribute("namespace", namespace);
  object.setAttribute("neurodata_type", type);
  object.setAttribute("object_id", randomUUID());
}

/** Sets the attribute that leads from an index to the column that it cuts up. */
export function targets(index: Hdf5Object, column: Hdf5Object): void {
  index.setAttribute("target", objectReference(column));
}

async function writeField(
  run: RunSource,
  episode: EpisodeSource,
  field: string,
  acquisition: Hdf5Group,
  work: ConvertWork,
): Promise<void> {
  if (field === "spikes") return;
  if (field === "events" || field === "weight_changes") {
    work.leftOut.push(field);
    return;
  }
  const clock = run.clock("s");
  let write: ((part: Parameters<typeof clock.timesOf>[0], values: Float64Array) => Promise<void>) | undefined;
  for (const { timesteps, values, width } of seriesWindows(episode, field)) {
    write ??= newTimeSeries(
      acquisition,
      field,
      width,
      field === "neural_states" ? unitOf(run, episode) : "1",
    );
    await write(clock.timesOf(timesteps), Float64Array.from(values));
    await work.turn(0, values.byteLength);
  }
}

/** Makes a TimeSeries; what it returns appends rows to it. */
function newTimeSeries(
  acquisition: Hdf5Group,
  field: string,
  width: number,
  unit: string,
): (times: Float64Array, values: Float64Array) => Promise<void> {
  const name = field.replace("behavior/", "behavior_").replaceAll(/[/:]/g, "_");
  const series = acquisition.createGroup(name);
  typed(series, "core", "TimeSeries");
  series.setAttribute("description", `${field}, as it was logged`);
  series.setAttribute("comments", "no comments");
  const isStates = field === "neural_states";
  const data = series.createDataset("data", {
    kind: isStates ? "float32" : "float64",
    rowShape: width === 1 ? [] : [width],
  });
  data.setAttribute("unit", unit);
  data.setAttribute("conversion", 1, { kind: "float32" });
  data.setAttribute("offset", 0, { kind: "float32" });
  data.setAttribute("resolution", -1, { kind: "float32" });
  const timestamps = series.createDataset("timestamps", { kind: "float64" });
  timestamps.setAttribute("interval", 1, { kind: "int32" });
  timestamps.setAttribute("unit", "seconds");
  return async (times, values) => {
    await timestamps.append(times);
    await data.append((isStates ? Float32Array.from(values) : values) as never);
  };
}
