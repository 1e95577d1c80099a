/** What is kept of each neuron. */
interface Trains {
  readonly counts: Uint32Array;
  /** Time steps of the first and the last spike; -1 before there is one. */
  readonly first: Float64Array;
  readonly last: Float64Array;
  /** Sums of the squared intervals. */
  readonly squares: Float64Array;
}

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
 * Firing rates and intervals between spikes, in 28 bytes a neuron.
 *
 * Of the intervals d of a neuron with n of them: the mean is (last spike - first spike) / n, the variance
 * sum(d²) / n - mean², and CV = sqrt(variance) / mean, the coefficient of variation as in Softky and Koch (1993) and in
 * elephant.statistics.cv. Time steps are integers, so that the sums are exact up to 2^53.
 */
export class SpikeStatistics {
  readonly #trains: Trains;
  /** Scratch: how many rows begin at each spike of a batch. */
  #rowMarks = new Uint32Array(0);
  #steps = 0;
  #spikes = 0;
  #first = 0;
  #last = 0;

  constructor(neurons: number) {
    this.#trains = {
      counts: new Uint32Array(neurons),
      first: new Float64Array(neurons).fill(-1),
      last: new Float64Array(neurons).fill(-1),
      squares: new Float64Array(neurons),
    };
  }

  /** Takes rows in: counts[i] spikes at timesteps[i], their neurons one row after another in `ids`. */
  add(timesteps: Float64Array, counts: ArrayLike<number>, ids: Uint16Array | Uint32Array): void {
    if (this.#steps === 0) this.#first = timesteps[0]!;
    this.#last = timesteps[timesteps.length - 1]!;
    this.#steps += timesteps.length;
    this.#spikes += ids.length;
    if (this.#rowMarks.length <= ids.length) this.#rowMarks = new Uint32Array(2 * ids.length + 1);
    addSpikes(this.#trains, this.#rowMarks, timesteps, counts, ids);
  }

  /** @param timeStepMs - milliseconds of a time step */
  rates(timeStepMs: number): SpikeRates {
    const { counts, first, last, squares } = this.#trains;
    const neurons = counts.length;
    const seconds = this.#steps === 0 ? 0 : ((this.#last - this.#first + 1) * timeStepMs) / 1000;
    const ratesHz = new Float64Array(neurons);
    const isiMeanMs = new Float64Array(neurons);
    const isiCv = new Float64Array(neurons);
    for (let id = 0; id < neurons; id++) {
      ratesHz[id] = counts[id]! / seconds;
      const intervals = counts[id]! - 1;
      const mean = intervals < 1 ? Number.NaN : (last[id]! - first[id]!) / intervals;
      // Rounding may take it below 0 where all intervals are equal.
      const variance = Math.max(0, squares[id]! / intervals - mean * mean);
      isiMeanMs[id] = mean * timeStepMs;
      isiCv[id] = Math.sqrt(variance) / mean;
    }
    const populationRateHz = this.#spikes / neurons / seconds;
    return { steps: this.#steps, spikes: this.#spikes, populationRateHz, ratesHz, isiMeanMs, isiCv };
  }
}

/**
 * One flat loop over the spikes: a loop over the few spikes of each row would end as often as not where the processor
 * does not expect it, and cost twice as much. `marks` says at which spikes rows begin, so that the row is a running sum.
 */
function addSpikes(
  trains: Trains,
  marks: Uint32Array,
  timesteps: Float64Array,
  rowCounts: ArrayLike<number>,
  ids: Uint16Array | Uint32Array,
): void {
  const { counts, first, last, squares } = trains;
  const spikes = ids.length;
  marks.fill(0, 0, spikes + 1);
  let start = 0;
  for (let row = 0; row + 1 < timesteps.length; row++) {
    start += rowCounts[row]!;
    marks[start] = marks[start]! + 1;
  }
  let row = 0;
  for (let spike = 0; spike < spikes; spike++) {
    row += marks[spike]!;
    const timestep = timesteps[row]!;
    const id = ids[spike]!;
    const before = last[id]!;
    if (before < 0) first[id] = timestep;
    else squares[id] = squares[id]! + (timestep - before) * (timestep - before);
    counts[id] = counts[id]! + 1;
    last[id] = timestep;
  }
}
