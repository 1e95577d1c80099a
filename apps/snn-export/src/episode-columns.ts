import { type EpisodeAnalytics, writeAnalytics } from "./analytics/episode-analytics.ts";
import { BehaviorColumns } from "./columns/behavior-columns.ts";
import { EventColumns } from "./columns/event-columns.ts";
import { Series } from "./columns/series.ts";
import { neuronKind, SpikeColumns } from "./columns/spike-columns.ts";
import type { ColumnPlace } from "./columns/staged-column.ts";
import { WeightColumns } from "./columns/weight-columns.ts";
import type { FilledExporterOptions } from "./options.ts";
import type { Schema } from "./schema.ts";
import { StateSampler } from "./state-sampler.ts";

/** The columns of an episode. Each field is made when it is first asked for: a field that never comes is not there. */
export class EpisodeColumns {
  readonly neurons: number;
  readonly options: FilledExporterOptions;
  /** Which states are kept, where the sampling is adaptive. */
  readonly sampler: StateSampler | undefined;
  /** What is shown all that is stored. */
  readonly #analytics: EpisodeAnalytics | undefined;
  readonly #place: ColumnPlace;
  readonly #schema: Schema;
  #states: Series | undefined;
  #rewards: Series | undefined;
  #spikes: SpikeColumns | undefined;
  #behavior: BehaviorColumns | undefined;
  #weights: WeightColumns | undefined;
  #events: EventColumns | undefined;

  constructor(
    place: ColumnPlace,
    neurons: number,
    options: FilledExporterOptions,
    schema: Schema,
    analytics?: EpisodeAnalytics,
  ) {
    this.#analytics = analytics;
    this.#place = place;
    this.neurons = neurons;
    this.options = options;
    const { adaptiveSampling, fields } = options;
    this.sampler =
      adaptiveSampling === undefined
        ? undefined
        : new StateSampler(neurons, fields.neuralState.kind, adaptiveSampling);
    this.#schema = schema;
  }

  get spikeCount(): number {
    return this.#spikes?.spikeCount ?? 0;
  }

  get states(): Series {
    if (this.#states === undefined) {
      const { fields, neuralSamplingRate } = this.options;
      const field = fields.neuralState;
      this.#states = new Series(
        this.#place,
        "neural_states",
        "neuralState",
        field,
        this.neurons,
        this.#analytics?.field("neural_states"),
      );
      this.#describe(this.#states, "neural_states", neuralSamplingRate);
      const { adaptiveSampling } = this.options;
      if (adaptiveSampling !== undefined) {
        const { fastest, slowest, tolerance } = adaptiveSampling;
        this.#states.setAttribute("encoding", "hold");
        this.#states.setAttribute("sampling_fastest", BigInt(fastest));
        this.#states.setAttribute("sampling_slowest", BigInt(slowest));
        this.#states.setAttribute("tolerance", tolerance);
      }
    }
    return this.#states;
  }

  get rewards(): Series {
    if (this.#rewards === undefined) {
      this.#rewards = new Series(
        this.#place,
        "rewards",
        "reward",
        this.options.fields.reward,
        undefined,
        this.#analytics?.field("rewards"),
      );
      this.#describe(this.#rewards, "rewards", 1);
    }
    return this.#rewards;
  }

  get spikes(): SpikeColumns {
    if (this.#spikes === undefined) {
      this.#spikes = new SpikeColumns(this.#place, this.neurons, this.#analytics?.addSpikes);
      this.#schema.add("spikes", {
        dtype: neuronKind(this.neurons),
        shape: [this.neurons],
        unit: "neuron",
        sampling: 1,
      });
    }
    return this.#spikes;
  }

  get behavior(): BehaviorColumns {
    this.#behavior ??= new BehaviorColumns(
      this.#place,
      this.options.fields.behavior,
      (series) => this.#describe(series, `behavior/${series.key}`, 1),
      (name) => this.#analytics?.field(`behavior/${name}`),
    );
    return this.#behavior;
  }

  get weights(): WeightColumns {
    if (this.#weights === undefined) {
      this.#weights = new WeightColumns(this.#place, this.neurons, this.#analytics?.addWeightChange);
      this.#schema.add("weight_changes", { dtype: "float64", shape: [], unit: "1", sampling: 1 });
    }
    return this.#weights;
  }

  get events(): EventColumns {
    if (this.#events === undefined) {
      this.#events = new EventColumns(this.#place);
      this.#schema.add("events", { dtype: "json", shape: [], unit: "", sampling: 1 });
    }
    return this.#events;
  }

  /** The behavior that there is, without making any. */
  get existingBehavior(): BehaviorColumns | undefined {
    return this.#behavior;
  }

  /** Whether something was logged of that field. */
  has(field: "weights" | "events" | "rewards"): boolean {
    if (field === "weights") return this.#weights !== undefined;
    return (field === "events" ? this.#events : this.#rewards) !== undefined;
  }

  /** Shows the analytics all that is still held back. */
  observe(): void {
    for (const column of [this.#states, this.#rewards, this.#spikes, this.#behavior]) column?.observe();
  }

  flush(): void {
    for (const column of this.#all()) column?.flush();
  }

  finish(): void {
    for (const column of this.#all()) column?.finish();
    if (this.#analytics !== undefined) writeAnalytics(this.#place, this.#analytics.snapshot());
  }

  #all(): readonly ({ flush(): void; finish(): void } | undefined)[] {
    return [this.#states, this.#rewards, this.#spikes, this.#behavior, this.#weights, this.#events];
  }

  #describe(series: Series, name: string, sampling: number): void {
    const { kind, unit } = series.field;
    this.#schema.add(name, {
      dtype: kind,
      shape: series.width === undefined ? [] : [series.width],
      unit,
      sampling,
    });
  }
}
