import { InvalidArgumentError } from "@millrace/base";

/** A sum that only grows: events, bytes, failures. */
export class Counter {
  #value = 0;

  /** The sum so far. */
  get value(): number {
    return this.#value;
  }

  /**
   * Adds to the sum.
   * @param amount - finite, 0 or more
   * @throws InvalidArgumentError `METRICS_COUNTER_AMOUNT` otherwise
   */
  add(amount = 1): void {
    if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgumentError(
        "METRICS_COUNTER_AMOUNT",
        "counter add",
        amount,
        "a finite number from 0; what goes down as well is a gauge",
      );
    }
    this.#value += amount;
  }
}
