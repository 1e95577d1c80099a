/** As long as so many calls take no longer than this, so many may go by without a look at the clock. */
const MOST_CALLS_PER_LOOK = 16;
const QUICK_MS = 1;

/** A clock for what is called very often: a look at the time costs as much as a field of a step. */
export class CallClock {
  /** Calls before the next look, and how many there were last time. */
  #callsToLook = 1;
  #callsPerLook = 1;
  #lastMs = performance.now();

  /** Counts a call; true when it is one that looks, and {@link nowMs} is up to date. */
  tick(): boolean {
    return --this.#callsToLook === 0 && this.#look();
  }

  /** The time of the last look. */
  get nowMs(): number {
    return this.#lastMs;
  }

  /** While calls come quickly, only some of them look. */
  #look(): true {
    const nowMs = performance.now();
    this.#callsPerLook =
      nowMs - this.#lastMs < QUICK_MS ? Math.min(2 * this.#callsPerLook, MOST_CALLS_PER_LOOK) : 1;
    this.#callsToLook = this.#callsPerLook;
    this.#lastMs = nowMs;
    return true;
  }
}
