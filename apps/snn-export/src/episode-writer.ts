import { InvalidArgumentError } from "@millrace/base";
import type { Group } from "h5wasm/node";
import { ChunkedDataset, type DatasetPlace } from "./chunked-dataset.ts";
import { guard, replaceAttribute, writeAttribute } from "./h5-file.ts";
import type { EpisodeEnd, LogEntry, WeightChange } from "./log-entry.ts";
import { Series } from "./series.ts";
import { SpikeColumns } from "./spike-columns.ts";

/** How an episode stands. */
export type EpisodeStatus = "running" | "complete" | "aborted";

/** Writes one episode: every field becomes datasets when it first appears, each with its own time steps. */
export class EpisodeWriter {
  readonly #place: DatasetPlace;
  readonly #neurons: number;
  readonly #samplingRate: number;
  readonly #encoder = new TextEncoder();
  readonly #behavior = new Map<string, Series<"float64">>();
  #behaviorGroup: Group | undefined;
  #states: Series<"float32"> | undefined;
  #rewards: Series<"float64"> | undefined;
  #spikes: SpikeColumns | undefined;
  #weights: ReturnType<typeof weightColumns> | undefined;
  #events: ReturnType<typeof eventColumns> | undefined;
  #steps = 0;
  #lastTimestep = -1;

  /** @param neurons - how many neurons there are; every vector and id is checked against it */
  constructor(place: DatasetPlace, neurons: number) {
    this.#place = place;
    this.#neurons = neurons;
    this.#samplingRate = place.options.neuralSamplingRate;
    writeAttribute(place.group, "status", "running" satisfies EpisodeStatus);
    writeAttribute(place.group, "n_steps", 0);
  }

  /**
   * Appends one time step; when it throws InvalidArgumentError nothing of it was stored.
   */
  log(entry: LogEntry): void {
    this.#check(entry);
    const { timestep, neuralState, spikes, reward, weightChange, behavior } = entry;
    // Whatever can still be refused comes before anything is appended.
    const spikeIds = entry.spikeIds === undefined ? undefined : ascending(timestep, entry.spikeIds);
    const eventBytes =
      entry.event === undefined ? undefined : this.#encoder.encode(JSON.stringify(entry.event));
    if (spikes !== undefined) this.#spikeColumns().appendFlags(timestep, spikes);
    else if (spikeIds !== undefined) this.#spikeColumns().appendIds(timestep, spikeIds);
    if (neuralState !== undefined && timestep % this.#samplingRate === 0) {
      this.#states ??= new Series(
        this.#place,
        "neural_states",
        "float32",
        "mV",
        "state of each neuron",
        this.#neurons,
      );
      this.#states.append(timestep, neuralState);
    }
    if (reward !== undefined) {
      this.#rewards ??= new Series(this.#place, "rewards", "float64", "1", "reward");
      this.#rewards.append(timestep, reward);
    }
    if (behavior !== undefined) this.#logBehavior(timestep, behavior);
    if (weightChange !== undefined) this.#logWeightChange(timestep, weightChange);
    if (eventBytes !== undefined) this.#logEvent(timestep, eventBytes);
    this.#lastTimestep = timestep;
    this.#steps++;
  }

  /** Writes what is buffered and how the episode ended. */
  finish(status: EpisodeStatus, end: EpisodeEnd = {}): void {
    const fields = [this.#states, this.#rewards, this.#spikes, ...this.#behavior.values()];
    for (const field of fields) field?.finish();
    for (const dataset of [...Object.values(this.#weights ?? {}), ...Object.values(this.#events ?? {})]) {
      dataset.finish();
    }
    guard(this.#place.path, "write", () => {
      const { group } = this.#place;
      replaceAttribute(group, "status", status);
      replaceAttribute(group, "n_steps", this.#steps);
      writeAttribute(group, "n_spikes", this.#spikes?.spikeCount ?? 0);
      if (end.success !== undefined) writeAttribute(group, "success", end.success ? 1 : 0);
      if (end.summary !== undefined)
        group.create_dataset({ name: "summary", data: JSON.stringify(end.summary) });
    });
  }

  /** Checks everything before anything is appended, so that a rejected entry leaves no half of itself behind. */
  #check(entry: LogEntry): void {
    const { timestep, neuralState, spikes, spikeIds, reward, behavior, weightChange } = entry;
    if (!Number.isSafeInteger(timestep) || timestep <= this.#lastTimestep) {
      const expected = `an integer above the last step, ${this.#lastTimestep}`;
      throw new InvalidArgumentError("SNN_TIMESTEP_ORDER", "timestep", timestep, expected);
    }
    const at = `at step ${timestep}`;
    if (neuralState !== undefined) this.#checkLength(`neuralState ${at}`, neuralState.length);
    if (neuralState !== undefined) checkFinite(`neuralState ${at}`, neuralState);
    if (spikes !== undefined) this.#checkLength(`spikes ${at}`, spikes.length);
    if (spikes !== undefined && spikeIds !== undefined) {
      throw new InvalidArgumentError(
        "SNN_FIELD_TWICE",
        `spikes ${at}`,
        "spikes and spikeIds",
        "one of the two",
      );
    }
    for (let i = 0; i < (spikeIds?.length ?? 0); i++)
      this.#checkNeuron(`spikeIds[${i}] ${at}`, spikeIds![i]!);
    if (reward !== undefined) checkFinite(`reward ${at}`, [reward]);
    if (weightChange !== undefined) {
      this.#checkNeuron(`weightChange.source ${at}`, weightChange.source);
      this.#checkNeuron(`weightChange.target ${at}`, weightChange.target);
      checkFinite(`weightChange ${at}`, [weightChange.oldWeight, weightChange.newWeight]);
    }
    for (const [key, value] of Object.entries(behavior ?? {})) {
      if (key === "" || key === "." || key.includes("/")) {
        throw new InvalidArgumentError("SNN_BEHAVIOR_NAME", `behavior name ${at}`, key, 'a name without "/"');
      }
      this.#behavior.get(key)?.checkWidth(timestep, value);
      checkFinite(`behavior.${key} ${at}`, typeof value === "number" ? [value] : value);
    }
  }

  #checkLength(what: string, found: number): void {
    if (found === this.#neurons) return;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", what, found, `${this.#neurons} values, one a neuron`);
  }

  #checkNeuron(what: string, id: number): void {
    if (Number.isInteger(id) && id >= 0 && id < this.#neurons) return;
    throw new InvalidArgumentError("SNN_NEURON_RANGE", what, id, `a neuron from 0 to ${this.#neurons - 1}`);
  }

  #spikeColumns(): SpikeColumns {
    this.#spikes ??= new SpikeColumns(this.#place);
    return this.#spikes;
  }

  #logBehavior(timestep: number, behavior: NonNullable<LogEntry["behavior"]>): void {
    this.#behaviorGroup ??= guard(this.#place.path, "write", () =>
      this.#place.group.create_group("behavior"),
    );
    for (const [key, value] of Object.entries(behavior)) {
      let series = this.#behavior.get(key);
      if (series === undefined) {
        const width = typeof value === "number" ? undefined : value.length;
        const place = { ...this.#place, group: this.#behaviorGroup };
        series = new Series(place, key, "float64", "1", `behavior ${key}`, width);
        this.#behavior.set(key, series);
      }
      series.append(timestep, value);
    }
  }

  #logWeightChange(timestep: number, change: WeightChange): void {
    this.#weights ??= weightColumns(this.#place);
    const { timesteps, sources, targets, oldWeights, newWeights } = this.#weights;
    timesteps.pending.push(timestep);
    sources.pending.push(change.source);
    targets.pending.push(change.target);
    oldWeights.pending.push(change.oldWeight);
    newWeights.pending.push(change.newWeight);
    for (const dataset of Object.values(this.#weights)) dataset.rowAppended();
  }

  #logEvent(timestep: number, bytes: Uint8Array): void {
    this.#events ??= eventColumns(this.#place);
    const { timesteps, ends, json } = this.#events;
    const start = json.rowCount;
    json.pending.pushMany(bytes);
    timesteps.pending.push(timestep);
    ends.pending.push(start + bytes.length);
    for (const dataset of Object.values(this.#events)) dataset.rowAppended();
  }
}

function weightColumns(place: DatasetPlace) {
  const group = guard(place.path, "write", () => place.group.create_group("weight_changes"));
  const inside = { ...place, group };
  return {
    timesteps: new ChunkedDataset(inside, "timestep", "int64", "steps", "time step of each change"),
    sources: new ChunkedDataset(inside, "source", "uint32", "neuron", "presynaptic neuron"),
    targets: new ChunkedDataset(inside, "target", "uint32", "neuron", "postsynaptic neuron"),
    oldWeights: new ChunkedDataset(inside, "old_weight", "float64", "1", "weight before"),
    newWeights: new ChunkedDataset(inside, "new_weight", "float64", "1", "weight after"),
  };
}

/** Events are JSON text one after another; libhdf5 in WebAssembly cannot append to variable-length strings. */
function eventColumns(place: DatasetPlace) {
  const group = guard(place.path, "write", () => place.group.create_group("events"));
  writeAttribute(group, "encoding", "json+ends");
  const inside = { ...place, group };
  return {
    timesteps: new ChunkedDataset(inside, "timestep", "int64", "steps", "time step of each event"),
    ends: new ChunkedDataset(inside, "ends", "int64", "bytes", "where in json each event ends"),
    json: new ChunkedDataset(inside, "json", "uint8", "UTF-8", "the events as JSON, one after another"),
  };
}

function checkFinite(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InvalidArgumentError(
        "SNN_VALUE_NOT_FINITE",
        `${what}, index ${i}`,
        values[i],
        "a finite number",
      );
    }
  }
}

/**
 * The ids in ascending order: themselves where they are.
 * @throws InvalidArgumentError for an id given twice
 */
function ascending(timestep: number, ids: ArrayLike<number>): ArrayLike<number> {
  let isAscending = true;
  for (let i = 1; i < ids.length && isAscending; i++) isAscending = ids[i - 1]! < ids[i]!;
  if (isAscending) return ids;
  const sorted = Uint32Array.from(ids).sort();
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i - 1] === sorted[i]) {
      const what = `spikeIds at step ${timestep}`;
      throw new InvalidArgumentError(
        "SNN_SPIKE_TWICE",
        what,
        `neuron ${sorted[i]} twice`,
        "each neuron at most once",
      );
    }
  }
  return sorted;
}
