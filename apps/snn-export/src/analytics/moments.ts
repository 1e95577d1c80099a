import type { FieldStatistics } from "./snapshot.ts";

/**
 * Count, mean and variance of values that come in batches.
 *
 * A batch is summed in two passes, and joined with what was there by the pairwise update of Chan, Golub and LeVeque
 * (1979), "Updating formulae and a pairwise algorithm for computing sample variances": for a batch of one value it is
 * Welford's update. Unlike sums of squares it loses no digits where the mean is large beside the deviation.
 */
export class Moments {
  #count = 0;
  #mean = 0;
  /** Sum of the squared distances from the mean. */
  #squares = 0;

  /** Takes a batch in; values that are not finite are left out. */
  add(values: ArrayLike<number>): void {
    const count = values.length;
    if (count === 0) return;
    const sum = sumOf(values);
    // An infinity or NaN anywhere shows in the sum; finite values that overflow it are looked at one by one as well.
    if (sum - sum !== 0) {
      for (let i = 0; i < count; i++) {
        if (Number.isFinite(values[i]!)) this.#join(1, values[i]!, 0);
      }
      return;
    }
    const mean = sum / count;
    this.#join(count, mean, squaresAround(values, mean));
  }

  get statistics(): FieldStatistics {
    const count = this.#count;
    if (count === 0) return { count, mean: Number.NaN, variance: Number.NaN };
    return { count, mean: this.#mean, variance: this.#squares / count };
  }

  #join(count: number, mean: number, squares: number): void {
    const all = this.#count + count;
    const difference = mean - this.#mean;
    this.#mean += (difference * count) / all;
    this.#squares += squares + (difference * difference * this.#count * count) / all;
    this.#count = all;
  }
}

/** Two sums side by side: an addition waits for the one before it. */
function sumOf(values: ArrayLike<number>): number {
  const end = values.length & ~1;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < end; i += 2) {
    even += values[i]!;
    odd += values[i + 1]!;
  }
  return end === values.length ? even + odd : even + odd + values[end]!;
}

function squaresAround(values: ArrayLike<number>, mean: number): number {
  const end = values.length & ~1;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < end; i += 2) {
    const a = values[i]! - mean;
    const b = values[i + 1]! - mean;
    even += a * a;
    odd += b * b;
  }
  const last = end === values.length ? 0 : values[end]! - mean;
  return even + odd + last * last;
}
