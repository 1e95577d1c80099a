/** Units that spike times are given in. */
export type TimeUnit = "ms" | "s";

/**
 * Gives the times of time steps, rounded once: with 1000 steps a millisecond step 566942 is at 566.942 ms exactly,
 * which 566942 * 0.001 is not.
 */
export class StepClock {
  readonly unit: TimeUnit;
  readonly #factor: number;
  readonly #divisor: number;

  /** @param stepMs - length of one step in milliseconds, the attribute `dt` */
  constructor(stepMs: number, unit: TimeUnit) {
    this.unit = unit;
    const perMs = Math.round(1 / stepMs);
    const isFraction = perMs >= 1 && 1 / perMs === stepMs;
    this.#factor = isFraction ? 1 : stepMs;
    this.#divisor = (isFraction ? perMs : 1) * (unit === "s" ? 1000 : 1);
  }

  /** The time at which a step begins. */
  at(step: number): number {
    return (step * this.#factor) / this.#divisor;
  }

  /** The times of many steps, in place. */
  timesOf(steps: Float64Array): Float64Array {
    const factor = this.#factor;
    const divisor = this.#divisor;
    for (let i = 0; i < steps.length; i++) steps[i] = (steps[i]! * factor) / divisor;
    return steps;
  }
}
