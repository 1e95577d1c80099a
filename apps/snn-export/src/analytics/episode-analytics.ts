import type { SpikeObserver } from "../columns/spike-columns.ts";
import type { ColumnPlace } from "../columns/staged-column.ts";
import { writeColumn } from "../columns/write-column.ts";
import type { WeightChange } from "../log-entry.ts";
import { FrequentSynapses } from "./frequent-synapses.ts";
import { Moments } from "./moments.ts";
import type { AnalyticsOptions } from "./options.ts";
import type { AnalyticsSnapshot } from "./snapshot.ts";
import { SpikeStatistics } from "./spike-statistics.ts";
import { SpikeWindow } from "./spike-window.ts";

/**
 * The analytics of one episode. Columns show it what was logged a batch at a time, while it is in the cache: a look at
 * each step by itself would cost more than recording it.
 */
export class EpisodeAnalytics {
  readonly #episode: number;
  readonly #timeStepMs: number;
  readonly #spikes: SpikeStatistics;
  readonly #window: SpikeWindow;
  readonly #synapses: FrequentSynapses;
  readonly #fields = new Map<string, Moments>();

  constructor(episode: number, neurons: number, timeStepMs: number, options: Required<AnalyticsOptions>) {
    this.#episode = episode;
    this.#timeStepMs = timeStepMs;
    this.#spikes = new SpikeStatistics(neurons);
    this.#window = new SpikeWindow(options.rasterSteps, neurons);
    this.#synapses = new FrequentSynapses(options.topSynapses, neurons);
  }

  readonly addSpikes: SpikeObserver = (timesteps, counts, ids) => {
    this.#spikes.add(timesteps, counts, ids);
    this.#window.add(timesteps, counts, ids);
  };

  readonly addWeightChange = (change: WeightChange): void => this.#synapses.add(change);

  /** What takes the values of a field in; `name` as in the file's schema. */
  field(name: string): (values: ArrayLike<number>) => void {
    const moments = new Moments();
    this.#fields.set(name, moments);
    return (values) => moments.add(values);
  }

  /** What was seen so far; the columns must have shown all that they hold back. */
  snapshot(): AnalyticsSnapshot {
    const { steps, ...rates } = this.#spikes.rates(this.#timeStepMs);
    return {
      episode: this.#episode,
      spikeSteps: steps,
      ...rates,
      fields: Object.fromEntries([...this.#fields].map(([name, { statistics }]) => [name, statistics])),
      topSynapses: this.#synapses.top(),
      raster: this.#window.raster(),
    };
  }
}

/** Writes the group `analytics` of an episode that has ended; the raster is not in it, the spikes are. */
export function writeAnalytics(outer: ColumnPlace, snapshot: AnalyticsSnapshot): void {
  const group = outer.group.createGroup("analytics");
  const { spikeSteps, spikes, populationRateHz, fields, topSynapses } = snapshot;
  const place = { ...outer, group };
  if (spikeSteps > 0) {
    writeColumn(place, "rates_hz", snapshot.ratesHz, "Hz", "spikes a second of each neuron");
    writeColumn(place, "isi_mean", snapshot.isiMeanMs, "ms", "mean interval between spikes of each neuron");
    writeColumn(place, "isi_cv", snapshot.isiCv, "1", "coefficient of variation of these intervals");
  }
  group.writeText("json", JSON.stringify({ spikeSteps, spikes, populationRateHz, fields, topSynapses }));
  group.close();
}
