import { InvalidArgumentError } from "@millrace/base";
import type { EpisodeData } from "../episode-data.ts";
import { readImportNote } from "../import/import-note.ts";
import type { IndexArray } from "../loader/run-tree.ts";
import type { SpikeData } from "../loader/spike-reader.ts";
import type { ExperimentLoader } from "../loader.ts";
import type { NetworkStructure } from "../network-structure.ts";
import { readWindows } from "./read-windows.ts";
import { StepClock, type TimeUnit } from "./step-clock.ts";

/** Spikes with their times; the arrays are the caller's to change, `ids` apart. */
export interface TimedSpikes {
  readonly times: Float64Array;
  readonly ids: IndexArray;
}

/** One episode that is read for other programs. */
export interface EpisodeSource {
  readonly id: number;
  /** Its name in files that hold several: of the population it was imported from, or "episode_0003". */
  readonly population: string;
  readonly steps: number;
  readonly spikes: number;
  readonly data: EpisodeData;
}

/** Time steps from `start` to before `stop`. */
export interface StepRange {
  readonly start: number;
  readonly stop: number;
}

/** Steps with spikes, and the times that go with them where they were imported. */
interface SpikePart {
  readonly spikes: SpikeData;
  readonly exact: ArrayLike<number> | undefined;
}

/** An experiment as converters and plots read it: in bounded memory, with times. */
export class RunSource {
  readonly loader: ExperimentLoader;
  readonly stepMs: number;
  readonly neurons: number;
  readonly network: NetworkStructure | undefined;
  readonly #targetBytes: number;
  /** Behavior that holds exact times, and their unit; of imported files only. */
  readonly #exact: { readonly name: string; readonly unit: TimeUnit } | undefined;

  /** @param targetBytes - what is read at a time */
  constructor(loader: ExperimentLoader, targetBytes: number) {
    const { dt, n_neurons } = loader.attributes();
    this.loader = loader;
    this.stepMs = Number(dt ?? 1);
    this.neurons = Number(n_neurons ?? 0);
    this.network = loader.network();
    this.#targetBytes = targetBytes;
    const note = readImportNote(loader);
    this.#exact =
      note?.exactTimes === null || note === undefined
        ? undefined
        : { name: note.exactTimes, unit: note.unit };
  }

  /** All episodes, or one. @throws InvalidArgumentError when there is none of that number */
  episodes(only?: number): EpisodeSource[] {
    const infos = this.loader.episodes();
    const chosen = only === undefined ? infos : infos.filter(({ id }) => id === only);
    if (chosen.length === 0) {
      const expected =
        infos.length === 0 ? "a file with episodes" : `one of ${infos.length} episodes, from 0 on`;
      throw new InvalidArgumentError("SNN_EPISODE_UNKNOWN", "episode", only, expected);
    }
    return chosen.map(({ id, steps, spikes }) => {
      const data = this.loader.episode(id);
      const summary = data.getSummary();
      const named = typeof summary === "object" && summary !== null && "population" in summary;
      const population = named ? String(summary.population) : `episode_${String(id).padStart(4, "0")}`;
      return { id, population, steps, spikes, data };
    });
  }

  /** What neuron `i` is called elsewhere: its `id` of the table of neurons, where all are whole numbers. */
  neuronIds(): Float64Array {
    const given = this.network?.neurons.id;
    const isUsable =
      given?.length === this.neurons && given.every((id) => Number.isSafeInteger(id) && id >= 0);
    return isUsable ? given : Float64Array.from({ length: this.neurons }, (_, i) => i);
  }

  /** The fields of an episode; without the times of imported spikes, which come with the spikes. */
  fields({ data }: EpisodeSource): string[] {
    const times = this.#exact === undefined ? undefined : `behavior/${this.#exact.name}`;
    return data.fields.filter((field) => field !== times);
  }

  clock(unit: TimeUnit): StepClock {
    return new StepClock(this.stepMs, unit);
  }

  /** The spikes of an episode, ascending in time. */
  *spikes(
    { data }: EpisodeSource,
    unit: TimeUnit,
    range: StepRange = data.timeRange(),
  ): Generator<TimedSpikes, void> {
    const clock = this.clock(unit);
    const exact = this.#exact;
    const factor = exact === undefined || exact.unit === unit ? 1 : unit === "s" ? 1e-3 : 1e3;
    const source = {
      ...range,
      read: (start: number, stop: number): SpikePart | undefined => {
        const spikes = data.getSpikes(start, stop);
        if (spikes === undefined) return undefined;
        return { spikes, exact: exact && data.getBehavior(exact.name, start, stop)?.values };
      },
      // Times and ids of each spike; step, count and exact time of each row.
      bytesOf: (part: SpikePart | undefined): number =>
        part === undefined ? 0 : part.spikes.ids.length * 16 + part.spikes.counts.length * 24,
    };
    for (const part of readWindows(source, this.#targetBytes)) {
      if (part === undefined) return;
      const { timesteps, counts, ids } = part.spikes;
      if (part.exact !== undefined && part.exact.length === counts.length) {
        yield {
          times: repeat(
            Float64Array.from(part.exact, (time) => time * factor),
            counts,
            ids.length,
          ),
          ids,
        };
      } else if (ids.length > 0) {
        yield { times: clock.timesOf(repeat(timesteps, counts, ids.length)), ids };
      }
    }
  }
}

/** Each value as often as its count says. */
function repeat(values: Float64Array, counts: IndexArray, total: number): Float64Array {
  const repeated = new Float64Array(total);
  for (let row = 0, at = 0; row < counts.length; row++) {
    const end = at + counts[row]!;
    repeated.fill(values[row]!, at, end);
    at = end;
  }
  return repeated;
}
