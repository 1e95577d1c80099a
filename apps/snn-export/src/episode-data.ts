import { InvalidArgumentError } from "@millrace/base";
import type { Hdf5ReadDataset, Hdf5ReadGroup } from "@millrace/hdf5";
import { TIME_RUNS_NAME } from "./columns/time-runs.ts";
import {
  childDataset,
  childGroup,
  readAttribute,
  readIntegers,
  readNumbers,
  readText,
  readValues,
  requireDataset,
} from "./hdf5-read.ts";
import type { BlockValues } from "./log-block.ts";
import { expandTimeRuns } from "./time-runs-reader.ts";

/** Values with the time step of each. */
export interface SeriesData<T extends BlockValues = BlockValues> {
  /** Time steps, ascending. */
  readonly timesteps: Float64Array;
  /** Row after row; `width` numbers each. */
  readonly values: T;
  /** Numbers a row; 1 where each is a plain number. */
  readonly width: number;
}

/** Spikes of a range of rows: row i has `counts[i]` of the `ids`, in order. */
export interface SpikeData {
  readonly timesteps: Float64Array;
  readonly counts: Uint32Array;
  readonly ids: Uint32Array;
}

/** Changed synapses, as columns. */
export interface WeightChangeData {
  readonly timesteps: Float64Array;
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  readonly oldWeights: Float64Array;
  readonly newWeights: Float64Array;
}

/** One event as it was logged. */
export interface LoggedEvent {
  readonly timestep: number;
  readonly type: string;
  readonly data?: unknown;
}

/** Everything that an episode holds. */
export interface EpisodeContents {
  readonly neuralStates: SeriesData | undefined;
  readonly spikes: SpikeData | undefined;
  readonly rewards: SeriesData | undefined;
  readonly behavior: Readonly<Record<string, SeriesData | undefined>>;
  readonly weightChanges: WeightChangeData | undefined;
  readonly events: readonly LoggedEvent[];
  readonly summary: unknown;
}

/** The data of one episode, read when asked for. A field that was never logged is undefined. */
export class EpisodeData {
  readonly #path: string;
  readonly #group: Hdf5ReadGroup;
  readonly #requireOpen: () => unknown;

  /** @param requireOpen - throws when the file was closed: reading then must fail, not come back empty */
  constructor(path: string, group: Hdf5ReadGroup, requireOpen: () => unknown) {
    this.#path = path;
    this.#group = group;
    this.#requireOpen = requireOpen;
  }

  neuralStates(): SeriesData | undefined {
    return this.#series(this.#child("neural_states"));
  }

  rewards(): SeriesData | undefined {
    return this.#series(this.#child("rewards"));
  }

  /** The names under which behavior was logged. */
  behaviorNames(): string[] {
    return this.#child("behavior")?.names ?? [];
  }

  behavior(name: string): SeriesData | undefined {
    const group = this.#child("behavior");
    return group === undefined ? undefined : this.#series(childGroup(group, name));
  }

  /**
   * The spikes of rows [start, end): rows are the steps at which spikes were logged, in order.
   * Reads at most 1024 counts and the ids of that range more than it returns.
   * @throws InvalidArgumentError when the range is not inside the episode
   */
  spikes(start = 0, end?: number): SpikeData | undefined {
    const group = this.#child("spikes");
    if (group === undefined) return undefined;
    const rows = requireDataset(this.#path, group, "counts").shape[0] ?? 0;
    const last = end ?? rows;
    if (!(Number.isInteger(start) && start >= 0 && start <= last && last <= rows)) {
      throw new InvalidArgumentError(
        "SNN_ROWS_RANGE",
        "spike rows",
        `${start} to ${last}`,
        `a range in 0 to ${rows}`,
      );
    }
    if (start === last)
      return { timesteps: new Float64Array(0), counts: new Uint32Array(0), ids: new Uint32Array(0) };
    const rowsPerOffset = Number(readAttribute(group, "rows_per_offset"));
    const block = Math.floor(start / rowsPerOffset);
    const blockStart = block * rowsPerOffset;
    const offset = readNumbers(this.#dataset(group, "offsets"), block, block + 1)[0]!;
    const counts = readIntegers(this.#dataset(group, "counts"), blockStart, last);
    const skipped = sum(counts, 0, start - blockStart);
    const wanted = counts.slice(start - blockStart);
    const first = offset + skipped;
    const total = sum(wanted, 0, wanted.length);
    return {
      timesteps: this.#timesteps(group, start, last),
      counts: wanted,
      ids: total === 0 ? new Uint32Array(0) : readIntegers(this.#dataset(group, "ids"), first, first + total),
    };
  }

  weightChanges(): WeightChangeData | undefined {
    const group = this.#child("weight_changes");
    if (group === undefined) return undefined;
    return {
      timesteps: this.#timesteps(group),
      sources: readIntegers(this.#dataset(group, "source")),
      targets: readIntegers(this.#dataset(group, "target")),
      oldWeights: readNumbers(this.#dataset(group, "old_weight")),
      newWeights: readNumbers(this.#dataset(group, "new_weight")),
    };
  }

  events(): LoggedEvent[] {
    const group = this.#child("events");
    if (group === undefined) return [];
    const json = readValues(this.#dataset(group, "json")) as Uint8Array;
    const ends = readNumbers(this.#dataset(group, "ends"));
    const decoder = new TextDecoder();
    return Array.from(this.#timesteps(group), (timestep, i) => {
      const start = i === 0 ? 0 : ends[i - 1]!;
      return {
        timestep,
        ...(JSON.parse(decoder.decode(json.subarray(start, ends[i]!))) as Omit<LoggedEvent, "timestep">),
      };
    });
  }

  /** What `endEpisode` was told of the whole episode, or undefined. */
  summary(): unknown {
    this.#requireOpen();
    const dataset = childDataset(this.#group, "summary");
    return dataset === undefined ? undefined : JSON.parse(readText(dataset));
  }

  /** Everything at once. */
  contents(): EpisodeContents {
    return {
      neuralStates: this.neuralStates(),
      spikes: this.spikes(),
      rewards: this.rewards(),
      behavior: Object.fromEntries(this.behaviorNames().map((name) => [name, this.behavior(name)])),
      weightChanges: this.weightChanges(),
      events: this.events(),
      summary: this.summary(),
    };
  }

  #child(name: string): Hdf5ReadGroup | undefined {
    this.#requireOpen();
    return childGroup(this.#group, name);
  }

  #series(group: Hdf5ReadGroup | undefined): SeriesData | undefined {
    if (group === undefined) return undefined;
    const values = this.#dataset(group, "values");
    return { timesteps: this.#timesteps(group), values: readValues(values), width: values.shape[1] ?? 1 };
  }

  #dataset(group: Hdf5ReadGroup, name: string): Hdf5ReadDataset {
    return requireDataset(this.#path, group, name);
  }

  #timesteps(group: Hdf5ReadGroup, start?: number, end?: number): Float64Array {
    return expandTimeRuns(readNumbers(this.#dataset(group, TIME_RUNS_NAME)), start, end);
  }
}

function sum(values: Uint32Array, start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i++) total += values[i]!;
  return total;
}
