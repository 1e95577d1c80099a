import type { WeightChange } from "../log-entry.ts";
import type { SynapseChange } from "./snapshot.ts";

/** Synapses that are counted, at the least: enough that most experiments are counted exactly. */
const LEAST_COUNTED = 1024;
const COUNTED_PER_LISTED = 16;

interface Entry {
  key: number | string;
  source: number;
  target: number;
  totalChange: number;
  excess: number;
}

/**
 * The synapses whose weights changed most, in memory that does not grow with their number.
 *
 * Space-Saving of Metwally, Agrawal and El Abbadi (2005), weighted by |new - old|, with the change that the smallest
 * entries leave in batches rather than one by one: one that (re)enters starts at the largest total that ever left. A
 * listed total is therefore never too low, and too high by `excess` at most; a synapse that is not counted changed by
 * no more than the largest total that left.
 */
export class FrequentSynapses {
  readonly #listed: number;
  readonly #counted: number;
  readonly #neurons: number;
  readonly #entries = new Map<number | string, Entry>();
  /** Entries that left, to be used again: new ones would live just long enough to be expensive to collect. */
  readonly #free: Entry[] = [];
  /** The largest total that left. */
  #floor = 0;

  constructor(listed: number, neurons: number) {
    this.#listed = listed;
    this.#counted = Math.max(LEAST_COUNTED, COUNTED_PER_LISTED * listed);
    this.#neurons = neurons;
  }

  add({ source, target, oldWeight, newWeight }: WeightChange): void {
    const change = Math.abs(newWeight - oldWeight);
    // A change that cannot be compared says nothing; with `validation: false` there may be some.
    if (!(change > 0)) return;
    const pair = source * this.#neurons + target;
    const key = Number.isSafeInteger(pair) ? pair : `${source}>${target}`;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.totalChange += change;
      return;
    }
    const added = this.#free.pop() ?? { key, source, target, totalChange: 0, excess: 0 };
    added.key = key;
    added.source = source;
    added.target = target;
    added.totalChange = this.#floor + change;
    added.excess = this.#floor;
    this.#entries.set(key, added);
    if (this.#entries.size >= 2 * this.#counted) this.#shrink();
  }

  /** The synapses that changed most, in descending order; equal ones by their neurons. */
  top(): SynapseChange[] {
    return [...this.#entries.values()]
      .sort((a, b) => b.totalChange - a.totalChange || a.source - b.source || a.target - b.target)
      .slice(0, this.#listed)
      .map(({ source, target, totalChange, excess }) => ({ source, target, totalChange, excess }));
  }

  #shrink(): void {
    const sorted = [...this.#entries.values()].sort((a, b) => b.totalChange - a.totalChange);
    for (let i = this.#counted; i < sorted.length; i++) {
      const entry = sorted[i]!;
      this.#floor = Math.max(this.#floor, entry.totalChange);
      this.#entries.delete(entry.key);
      this.#free.push(entry);
    }
  }
}
