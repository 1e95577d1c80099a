import { InvalidArgumentError } from "@millrace/base";

/** Weights of RFC 6298, section 2: of a new value in the average, and in the deviation. */
const MEAN_WEIGHT = 1 / 8;
const DEVIATION_WEIGHT = 1 / 4;

/**
 * An average in which older values count less and less, with the mean deviation from it.
 *
 * Source: RFC 6298, section 2, which estimates how long an answer may take in TCP.
 *
 * @example
 * const answers = new MovingAverage();
 * answers.add(12);
 * answers.bound(4); // a value above this is unusual
 */
export class MovingAverage {
  #count = 0;
  #mean = 0;
  #deviation = 0;

  /** Values added. */
  get count(): number {
    return this.#count;
  }

  /** 0 at first. */
  get mean(): number {
    return this.#mean;
  }

  /** Mean absolute deviation; half of the first value when there is one only. */
  get deviation(): number {
    return this.#deviation;
  }

  /** @throws InvalidArgumentError `METRICS_AVERAGE_VALUE` unless the value is finite */
  add(value: number): void {
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError("METRICS_AVERAGE_VALUE", "averaged value", value, "a finite number");
    }
    this.#count++;
    if (this.#count === 1) {
      this.#mean = value;
      this.#deviation = Math.abs(value) / 2;
      return;
    }
    // The deviation first, from the mean that was there before.
    this.#deviation += DEVIATION_WEIGHT * (Math.abs(value - this.#mean) - this.#deviation);
    this.#mean += MEAN_WEIGHT * (value - this.#mean);
  }

  /** The mean and so many deviations; RFC 6298 waits for 4. */
  bound(deviations: number): number {
    return this.#mean + deviations * this.#deviation;
  }
}
