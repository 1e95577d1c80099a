import { InvalidArgumentError } from "@millrace/base";

/** A value that goes up and down: a queue's length, bytes in use. */
export class Gauge {
  #value = 0;

  /** The value set last; 0 at first. */
  get value(): number {
    return this.#value;
  }

  /**
   * Sets the value.
   * @throws InvalidArgumentError `METRICS_GAUGE_VALUE` unless it is finite: a snapshot is JSON, which knows no others
   */
  set(value: number): void {
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError("METRICS_GAUGE_VALUE", "gauge value", value, "a finite number");
    }
    this.#value = value;
  }

  /** Moves the value by `amount`, which may be negative. @throws as `set` */
  add(amount: number): void {
    this.set(this.#value + amount);
  }
}
