import { checkOneOf, InvalidArgumentError } from "@millrace/base";
import { TIME_RUNS_NAME } from "./columns/time-runs.ts";
import { JsonTexts } from "./loader/json-texts.ts";
import { type EpisodeAnalytics, readAnalytics } from "./loader/read-analytics.ts";
import { groupIn, parseJson, requireColumn, type TreeGroup, textIn } from "./loader/run-tree.ts";
import { type SeriesData, SeriesReader } from "./loader/series-reader.ts";
import { type SpikeData, type SpikeEvents, SpikeReader, spikeEvents } from "./loader/spike-reader.ts";
import { TimeIndex } from "./loader/time-index.ts";
import { type WeightChangeData, WeightReader } from "./loader/weight-reader.ts";

/** One event as it was logged. */
export interface LoggedEvent {
  readonly timestep: number;
  readonly type: string;
  readonly data?: unknown;
}

/** What of an episode does not come step by step. */
export interface StaticData {
  readonly weightChanges: WeightChangeData | undefined;
  readonly events: readonly LoggedEvent[];
  /** What `endEpisode` was told, or undefined. */
  readonly summary: unknown;
}

/** Everything that an episode holds, as it is stored. */
export interface EpisodeContents extends StaticData {
  readonly neuralStates: SeriesData | undefined;
  readonly spikes: SpikeData | undefined;
  readonly rewards: SeriesData | undefined;
  readonly behavior: Readonly<Record<string, SeriesData | undefined>>;
}

/** Events with their time steps. */
interface EventReader {
  readonly index: TimeIndex;
  readonly texts: JsonTexts;
}

/**
 * The data of one episode, read when asked for: time steps [start, stop), and no more of the file than they need.
 *
 * A field that was never logged is undefined. It can be used for as long as its loader is open.
 */
export class EpisodeData {
  readonly id: number;
  readonly #group: TreeGroup;
  readonly #requireOpen: () => unknown;
  readonly #limitBytes: number;
  /** Readers of the fields that were asked for, by their paths in the episode. */
  readonly #readers = new Map<string, SeriesReader | SpikeReader | WeightReader | EventReader>();

  /** @param requireOpen - throws when the file was closed: reading then must fail, not come back empty */
  constructor(id: number, group: TreeGroup, limitBytes: number, requireOpen: () => unknown) {
    this.id = id;
    this.#group = group;
    this.#limitBytes = limitBytes;
    this.#requireOpen = requireOpen;
  }

  /** The fields that were logged: "spikes", "neural_states", "behavior/x" and so on. */
  get fields(): string[] {
    this.#requireOpen();
    const names = FIELDS.filter((name) => groupIn(this.#group, name) !== undefined);
    return [...names, ...this.behaviorNames.map((name) => `behavior/${name}`)];
  }

  /** The names under which behavior was logged. */
  get behaviorNames(): string[] {
    this.#requireOpen();
    const behavior = groupIn(this.#group, "behavior");
    return behavior?.names.filter((name) => groupIn(behavior, name) !== undefined) ?? [];
  }

  /** Time steps that something was logged at: from the first to one past the last; 0 and 0 where there are none. */
  timeRange(): { readonly start: number; readonly stop: number } {
    const indices = this.fields.map((field) => this.#readerOf(field)!.index).filter(({ rows }) => rows > 0);
    if (indices.length === 0) return { start: 0, stop: 0 };
    return {
      start: Math.min(...indices.map(({ start }) => start)),
      stop: Math.max(...indices.map(({ stop }) => stop)),
    };
  }

  /**
   * The neural states of time steps [start, stop). With adaptive sampling that is the state at each step that
   * `fastest` divides, as far from what was logged as the tolerance says: the last kept one holds.
   * @throws InvalidArgumentError for a range that is none, CorruptDataError, CapacityError
   */
  getNeuralStates(start?: number, stop?: number): SeriesData | undefined {
    const range = this.#range(start, stop);
    return this.#series("neural_states")?.readHeld(...range, () => this.timeRange().stop);
  }

  /** The neural states that were kept: as {@link getNeuralStates}, without what adaptive sampling left out. */
  getKeptStates(start?: number, stop?: number): SeriesData | undefined {
    return this.#series("neural_states")?.read(...this.#range(start, stop));
  }

  /** The spikes of time steps [start, stop), step by step; with a row for each logged step, spikes or not. */
  getSpikes(start?: number, stop?: number): SpikeData | undefined {
    const range = this.#range(start, stop);
    const reader = this.#readerOf("spikes");
    return reader instanceof SpikeReader ? reader.read(...range) : undefined;
  }

  /**
   * The spikes of time steps [start, stop) as two columns of one entry a spike.
   * @param sortedBy - "time", or "neuron" with the spikes of each in time
   */
  getSpikesAsEvents(
    start?: number,
    stop?: number,
    sortedBy: "time" | "neuron" = "time",
  ): SpikeEvents | undefined {
    checkOneOf("snn", "sortedBy", sortedBy, ["time", "neuron"]);
    const spikes = this.getSpikes(start, stop);
    return spikes === undefined ? undefined : spikeEvents(spikes, sortedBy);
  }

  /** The rewards of time steps [start, stop). */
  getRewards(start?: number, stop?: number): SeriesData | undefined {
    return this.#series("rewards")?.read(...this.#range(start, stop));
  }

  /** The behavior of that name at time steps [start, stop). */
  getBehavior(name: string, start?: number, stop?: number): SeriesData | undefined {
    return this.#series(`behavior/${name}`)?.read(...this.#range(start, stop));
  }

  /** The changed synapses of time steps [start, stop). */
  getWeightChanges(start?: number, stop?: number): WeightChangeData | undefined {
    const range = this.#range(start, stop);
    const reader = this.#readerOf("weight_changes");
    return reader instanceof WeightReader ? reader.read(...range) : undefined;
  }

  /** The events of time steps [start, stop). */
  getEvents(start?: number, stop?: number): LoggedEvent[] {
    const [from, to] = this.#range(start, stop);
    const reader = this.#readerOf("events");
    if (reader === undefined || !("texts" in reader)) return [];
    const { index, texts } = reader;
    const rows: [number, number] = [index.rowAt(from), index.rowAt(to)];
    const timesteps = index.timesteps(...rows);
    return texts.read(...rows).map((event, i) => ({
      timestep: timesteps[i]!,
      ...(event as Omit<LoggedEvent, "timestep">),
    }));
  }

  /** What `logStaticEpisodeData` and `endEpisode` were given, and what was logged of the same. */
  getStaticData(): StaticData {
    return { weightChanges: this.getWeightChanges(), events: this.getEvents(), summary: this.getSummary() };
  }

  /** What `endEpisode` was told of the whole episode, or undefined. */
  getSummary(): unknown {
    this.#requireOpen();
    const json = textIn(this.#group, "summary");
    return json === undefined ? undefined : parseJson(this.#group, json);
  }

  /** What the analytics of the recorder found, or undefined. */
  getAnalytics(): EpisodeAnalytics | undefined {
    this.#requireOpen();
    return readAnalytics(this.#group);
  }

  /** Everything at once, as it is stored. */
  contents(): EpisodeContents {
    return {
      neuralStates: this.getKeptStates(),
      spikes: this.getSpikes(),
      rewards: this.getRewards(),
      behavior: Object.fromEntries(this.behaviorNames.map((name) => [name, this.getBehavior(name)])),
      ...this.getStaticData(),
    };
  }

  #series(field: string): SeriesReader | undefined {
    const reader = this.#readerOf(field);
    return reader instanceof SeriesReader ? reader : undefined;
  }

  #readerOf(field: string): SeriesReader | SpikeReader | WeightReader | EventReader | undefined {
    this.#requireOpen();
    const known = this.#readers.get(field);
    if (known !== undefined) return known;
    const isBehavior = field.startsWith("behavior/");
    const outer = isBehavior ? groupIn(this.#group, "behavior") : this.#group;
    const group = groupIn(outer, isBehavior ? field.slice("behavior/".length) : field);
    if (group === undefined) return undefined;
    const reader = newReader(field, group, this.#limitBytes);
    this.#readers.set(field, reader);
    return reader;
  }

  #range(start = 0, stop: number = Number.MAX_SAFE_INTEGER): [start: number, stop: number] {
    if (Number.isInteger(start) && Number.isInteger(stop) && start >= 0 && start <= stop)
      return [start, stop];
    const expected = "whole numbers, start from 0 on and not above stop";
    throw new InvalidArgumentError("SNN_STEPS_RANGE", "time steps", `${start} to ${stop}`, expected);
  }
}

const FIELDS = ["neural_states", "spikes", "rewards", "weight_changes", "events"];

function newReader(
  field: string,
  group: TreeGroup,
  limitBytes: number,
): SeriesReader | SpikeReader | WeightReader | EventReader {
  if (field === "spikes") return new SpikeReader(group, limitBytes);
  if (field === "weight_changes") return new WeightReader(group, limitBytes);
  if (field !== "events") return new SeriesReader(group, limitBytes);
  const texts = new JsonTexts(group);
  return { index: new TimeIndex(requireColumn(group, TIME_RUNS_NAME), texts.rows, limitBytes), texts };
}
