/** Number, mean and variance of a field's values. */
export interface FieldStatistics {
  /** Values that are finite; others are left out. */
  readonly count: number;
  /** NaN without values. */
  readonly mean: number;
  /** Sum of the squared distances from the mean by the count (not by one less); NaN without values. */
  readonly variance: number;
}

/** A synapse with what its weight went through. */
export interface SynapseChange {
  readonly source: number;
  readonly target: number;
  /** Sum of |new weight - old weight|: never too low, and too high by at most {@link excess}. */
  readonly totalChange: number;
  /** 0 as long as no more synapses changed than are counted exactly, 1024 or 16 times `topSynapses`. */
  readonly excess: number;
}

/** What the analytics of an episode say of all that was logged so far. */
export interface AnalyticsSnapshot {
  readonly episode: number;
  /** Steps with spikes or with the news that there were none. */
  readonly spikeSteps: number;
  readonly spikes: number;
  /** Spikes a neuron and second, from the first to the last of these steps; NaN without any. */
  readonly populationRateHz: number;
  /** The same for each neuron. */
  readonly ratesHz: Float64Array;
  /** Mean interval between two spikes of each neuron in milliseconds; NaN for fewer than two spikes. */
  readonly isiMeanMs: Float64Array;
  /** Standard deviation of these intervals by their mean, of each neuron; NaN for fewer than two spikes. */
  readonly isiCv: Float64Array;
  /** By name, as in the file's schema: "rewards", "neural_states" (values that are kept), "behavior/x". */
  readonly fields: Readonly<Record<string, FieldStatistics>>;
  /** The synapses that changed most, in descending order. */
  readonly topSynapses: readonly SynapseChange[];
  /** The spikes of the last `rasterSteps` steps: time step and neuron of each. */
  readonly raster: { readonly timesteps: Float64Array; readonly ids: Uint32Array };
}
