/** What one time step can carry; every field but `timestep` may be missing. */
export interface LogEntry {
  /** A non-negative integer, larger than that of the entry before. */
  readonly timestep: number;
  /** One number a neuron (membrane potential, in mV unless the option `fields` says otherwise); kept every n-th step. */
  readonly neuralState?: Float32Array | Float64Array | readonly number[];
  /** Who fired: a vector of one 0 or 1 (or boolean) a neuron. */
  readonly spikes?: Uint8Array | readonly boolean[];
  /** Who fired: the neurons' indices, each at most once. Give this or `spikes`, not both. */
  readonly spikeIds?: ArrayLike<number>;
  /** Named numbers or vectors of fixed length: position, action, sensor readings. */
  readonly behavior?: Readonly<Record<string, number | ArrayLike<number>>>;
  readonly reward?: number;
  /** One changed synapse, or several. */
  readonly weightChange?: WeightChange | readonly WeightChange[];
  /** Anything that happened; `data` must be JSON. */
  readonly event?: { readonly type: string; readonly data?: unknown };
}

/** A synapse whose weight changed. */
export interface WeightChange {
  /** Index of the presynaptic neuron. */
  readonly source: number;
  /** Index of the postsynaptic neuron. */
  readonly target: number;
  readonly oldWeight: number;
  readonly newWeight: number;
}

/** What a finished episode can be told. */
export interface EpisodeEnd {
  readonly success?: boolean;
  /** Numbers and words about the whole episode; must be JSON. */
  readonly summary?: Readonly<Record<string, unknown>>;
}
