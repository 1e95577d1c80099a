import { GrowableFloat64, GrowableUint32 } from "@millrace/buffers";
import type { LogBlock } from "../log-block.ts";

/** The behavior that holds the times of steps where they are not those of the steps themselves. */
export const EXACT_TIMES = "spike_time";

/** Spikes after which a block is handed on. */
const BLOCK_SPIKES = 65_536;

/** One neuron fired twice at one time: no time step can hold that. */
export class SpikeTwice extends Error {}

/** How times become time steps. */
export interface StepRule {
  /** Steps in a unit of time. */
  readonly stepsPerUnit: number;
  /** The time of step 0. */
  readonly origin: number;
  /** Whether the time of each step is kept beside it; steps may then be later than their times. */
  readonly keepsTimes: boolean;
}

/** Gathers spikes, ascending in time, into blocks of time steps. */
export class StepRows {
  readonly #rule: StepRule;
  readonly #write: (block: LogBlock) => void;
  readonly #steps = new GrowableFloat64();
  readonly #times = new GrowableFloat64();
  readonly #starts = new GrowableUint32();
  readonly #ids = new GrowableUint32();
  /** Neurons of the step that is open. */
  readonly #open = new Set<number>();
  #openTime = Number.NaN;
  #lastStep = -1;

  constructor(rule: StepRule, write: (block: LogBlock) => void) {
    this.#rule = rule;
    this.#write = write;
  }

  /** @throws SpikeTwice where the rule keeps no times, which would tell two steps of one time apart */
  push(time: number, neuron: number): void {
    if (time !== this.#openTime || this.#open.has(neuron)) this.#openStep(time);
    this.#open.add(neuron);
    this.#ids.push(neuron);
  }

  /** Hands on what is left. */
  finish(): void {
    this.#flush();
  }

  #openStep(time: number): void {
    const { stepsPerUnit, origin, keepsTimes } = this.#rule;
    if (this.#ids.length >= BLOCK_SPIKES) this.#flush();
    const step = Math.round((time - origin) * stepsPerUnit);
    if (step <= this.#lastStep && !keepsTimes) throw new SpikeTwice();
    this.#lastStep = Math.max(step, this.#lastStep + 1);
    this.#steps.push(this.#lastStep);
    this.#times.push(time);
    this.#starts.push(this.#ids.length);
    this.#openTime = time;
    this.#open.clear();
  }

  #flush(): void {
    if (this.#steps.length === 0) return;
    this.#starts.push(this.#ids.length);
    this.#write({
      timesteps: this.#steps.view(),
      spikes: { indptr: this.#starts.view(), ids: this.#ids.view() },
      ...(this.#rule.keepsTimes ? { behavior: { [EXACT_TIMES]: this.#times.view() } } : {}),
    });
    for (const column of [this.#steps, this.#times, this.#starts, this.#ids]) column.clear();
  }
}
