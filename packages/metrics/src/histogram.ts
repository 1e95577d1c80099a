import { InvalidArgumentError } from "@millrace/base";

/** Buckets in each octave (each doubling of the value) are 2^5; see {@link QUANTILE_RELATIVE_ERROR}. */
const SUB_BUCKET_BITS = 5;
const LOWEST_EXPONENT = -30;
const HIGHEST_EXPONENT = 43;
const EXPONENT_BIAS = 1023;
const FRACTION_BITS_IN_HIGH_WORD = 20;
const BUCKET_COUNT = (HIGHEST_EXPONENT - LOWEST_EXPONENT) << SUB_BUCKET_BITS;
const FIRST_BUCKET_BITS = (EXPONENT_BIAS + LOWEST_EXPONENT) << SUB_BUCKET_BITS;

/** How far a quantile may be from the exact one, as a part of it: half a bucket's width, 1/64. */
export const QUANTILE_RELATIVE_ERROR: number = 1 / 2 ** (SUB_BUCKET_BITS + 1);

/** One bucket that holds something: `count` values from `from` to below `to`. */
export interface HistogramBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const scratchNumber = new Float64Array(1);
const scratchWords = new Uint32Array(scratchNumber.buffer);
/** Which of the two words holds sign and exponent: 1 on little-endian machines. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Counts of values in log-linear buckets: 32 of equal width in every octave from 2^-30 to 2^43.
 *
 * In that range (a nanosecond to days when the unit is seconds, a byte to terabytes when it is bytes) a quantile is
 * within {@link QUANTILE_RELATIVE_ERROR} of the exact one. Smaller values, 0 too, share one bucket below it, larger
 * ones one above it. The memory, about 19 KB, does not grow with the values.
 *
 * The bucket's number is the top of the value's own bits: exponent and first fraction bits of a float64 (IEEE 754)
 * ascend as the value does, so that no logarithm is taken.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKET_COUNT + 2);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** Values observed. */
  get count(): number {
    return this.#count;
  }

  /** Their sum. */
  get sum(): number {
    return this.#sum;
  }

  /** The least value, exactly; null before the first. */
  get min(): number | null {
    return this.#count === 0 ? null : this.#min;
  }

  /** The greatest value, exactly; null before the first. */
  get max(): number | null {
    return this.#count === 0 ? null : this.#max;
  }

  /**
   * Counts one value.
   * @throws InvalidArgumentError `METRICS_HISTOGRAM_VALUE` unless it is finite and 0 or more
   */
  observe(value: number): void {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgumentError(
        "METRICS_HISTOGRAM_VALUE",
        "histogram value",
        value,
        "a finite number from 0",
      );
    }
    this.#counts[bucketOf(value)]!++;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /**
   * The value that a part `quantile` of the values does not exceed: the one of rank ceil(quantile * count).
   * @param quantile - 0 (the least) to 1 (the greatest); those two are exact
   * @returns null before the first value
   * @throws InvalidArgumentError `METRICS_QUANTILE_RANGE`
   */
  quantile(quantile: number): number | null {
    if (!(quantile >= 0 && quantile <= 1)) {
      throw new InvalidArgumentError("METRICS_QUANTILE_RANGE", "quantile", quantile, "a number from 0 to 1");
    }
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(quantile * this.#count));
    if (rank === 1) return this.#min;
    if (rank === this.#count) return this.#max;
    let bucket = 0;
    let seen = this.#counts[0]!;
    while (seen < rank) seen += this.#counts[++bucket]!;
    const middle = bucket > BUCKET_COUNT ? this.#max : (lowerBound(bucket) + lowerBound(bucket + 1)) / 2;
    return Math.min(this.#max, Math.max(this.#min, middle));
  }

  /** The buckets that hold something, ascending. The last of all has the greatest value as its end. */
  buckets(): HistogramBucket[] {
    const found: HistogramBucket[] = [];
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket]!;
      if (count === 0) continue;
      const to = bucket > BUCKET_COUNT ? this.#max : lowerBound(bucket + 1);
      found.push({ from: lowerBound(bucket), to, count });
    }
    return found;
  }
}

/** 0 below the range, 1 to BUCKET_COUNT in it, BUCKET_COUNT + 1 above it. */
function bucketOf(value: number): number {
  scratchNumber[0] = value;
  const bits = scratchWords[HIGH_WORD]! >>> (FRACTION_BITS_IN_HIGH_WORD - SUB_BUCKET_BITS);
  const bucket = bits - FIRST_BUCKET_BITS + 1;
  if (bucket < 0) return 0;
  return bucket > BUCKET_COUNT ? BUCKET_COUNT + 1 : bucket;
}

/** The least value that falls into a bucket. */
function lowerBound(bucket: number): number {
  if (bucket === 0) return 0;
  const octave = (bucket - 1) >> SUB_BUCKET_BITS;
  const step = (bucket - 1) & (2 ** SUB_BUCKET_BITS - 1);
  return 2 ** (LOWEST_EXPONENT + octave) * (1 + step / 2 ** SUB_BUCKET_BITS);
}
