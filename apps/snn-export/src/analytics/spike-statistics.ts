/** Fields of a neuron's record: how many spikes, the first and last time step, the sum of squared intervals. */
const COUNT = 0;
const FIRST = 1;
const LAST = 2;
const SQUARES = 3;
const FIELDS = 4;

/** Rates and intervals of each neuron. */
export interface SpikeRates {
  readonly steps: number;
  readonly spikes: number;
  readonly populationRateHz: number;
  readonly ratesHz: Float64Array;
  readonly isiMeanMs: Float64Array;
  readonly isiCv: Float64Array;
}

/**
 * Firing rates and intervals between spikes, in 32 bytes a neuron.
 *
 * Of the intervals d of a neuron with n of them: the mean is (last spike - first spike) / n, the variance
 * sum(d²) / n - mean², and CV = sqrt(variance) / mean, the coefficient of variation as in Softky and Koch (1993) and in
 * elephant.statistics.cv. Time steps are integers, so that the sums are exact up to 2^53.
 */
export class SpikeStatistics {
  /** One record a neuron, so that a spike touches one cache line. */
  readonly #records: Float64Array;
  #steps = 0;
  #spikes = 0;
  #first = 0;
  #last = 0;

  constructor(neurons: number) {
    this.#records = new Float64Array(neurons * FIELDS);
  }

  /** Takes rows in: counts[i] spikes at timesteps[i], their neurons one row after another in `ids`. */
  add(timesteps: Float64Array, counts: ArrayLike<number>, ids: Uint16Array | Uint32Array): void {
    if (this.#steps === 0) this.#first = timesteps[0]!;
    this.#last = timesteps[timesteps.length - 1]!;
    this.#steps += timesteps.length;
    this.#spikes += ids.length;
    addSpikes(this.#records, timesteps, counts, ids);
  }

  /** @param timeStepMs - milliseconds of a time step */
  rates(timeStepMs: number): SpikeRates {
    const records = this.#records;
    const neurons = records.length / FIELDS;
    const seconds = this.#steps === 0 ? 0 : ((this.#last - this.#first + 1) * timeStepMs) / 1000;
    const ratesHz = new Float64Array(neurons);
    const isiMeanMs = new Float64Array(neurons);
    const isiCv = new Float64Array(neurons);
    for (let id = 0; id < neurons; id++) {
      const at = id * FIELDS;
      ratesHz[id] = records[at + COUNT]! / seconds;
      const intervals = records[at + COUNT]! - 1;
      const mean = intervals < 1 ? Number.NaN : (records[at + LAST]! - records[at + FIRST]!) / intervals;
      // Rounding may take it below 0 where all intervals are equal.
      const variance = Math.max(0, records[at + SQUARES]! / intervals - mean * mean);
      isiMeanMs[id] = mean * timeStepMs;
      isiCv[id] = Math.sqrt(variance) / mean;
    }
    const populationRateHz = this.#spikes / neurons / seconds;
    return { steps: this.#steps, spikes: this.#spikes, populationRateHz, ratesHz, isiMeanMs, isiCv };
  }
}

function addSpikes(
  records: Float64Array,
  timesteps: Float64Array,
  counts: ArrayLike<number>,
  ids: Uint16Array | Uint32Array,
): void {
  let spike = 0;
  for (let row = 0; row < timesteps.length; row++) {
    const timestep = timesteps[row]!;
    for (const end = spike + counts[row]!; spike < end; spike++) {
      const at = ids[spike]! * FIELDS;
      if (records[at]! === 0) records[at + FIRST] = timestep;
      else {
        const interval = timestep - records[at + LAST]!;
        records[at + SQUARES] = records[at + SQUARES]! + interval * interval;
      }
      records[at] = records[at]! + 1;
      records[at + LAST] = timestep;
    }
  }
}
