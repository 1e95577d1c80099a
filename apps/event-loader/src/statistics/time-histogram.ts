const BINS = 1024;

/**
 * Counts times in bins of equal width without knowing their range: the width, 1 µs at first, doubles whenever a time
 * lies outside of the 1024 bins. Bins begin at multiples of the width.
 */
export class TimeHistogram {
  /** Width of a bin, µs; a power of two. */
  binUs = 1;
  #counts = new Float64Array(BINS);
  /** The first bin's number: its time divided by the width. */
  #first = 0;
  #last = -1;

  /** Counts the times of the first `rowCount` rows. @param words - a chunk's `words("t")` */
  add(words: Int32Array, rowCount: number): void {
    for (let row = 0; row < rowCount; ) {
      row = countTimes(words, row, rowCount, this.binUs, this.#first, this.#counts);
      if (row < rowCount) this.#reach(words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0));
    }
  }

  /** The bins from the first to the last that has a time. */
  values(): { readonly startUs: number; readonly binUs: number; readonly counts: Float64Array } {
    const used = this.#counts.findLastIndex((count) => count > 0) + 1;
    const begin = Math.max(
      0,
      this.#counts.findIndex((count) => count > 0),
    );
    const { binUs } = this;
    return { startUs: (this.#first + begin) * binUs, binUs, counts: this.#counts.slice(begin, used) };
  }

  /** Widens the bins until one of them holds the time. */
  #reach(time: number): void {
    const bin = Math.floor(time / this.binUs);
    if (this.#last < this.#first) {
      this.#first = bin;
      this.#last = bin + BINS - 1;
      return;
    }
    const used = this.#first + this.#counts.findLastIndex((count) => count > 0);
    let [lo, hi, halvings] = [Math.min(bin, this.#first), Math.max(bin, used), 0];
    for (; hi - lo >= BINS; halvings++) [lo, hi] = [Math.floor(lo / 2), Math.floor(hi / 2)];
    const counts = new Float64Array(BINS);
    for (const [i, count] of this.#counts.entries()) {
      if (count > 0) counts[Math.floor((this.#first + i) / 2 ** halvings) - lo]! += count;
    }
    this.#counts = counts;
    this.binUs *= 2 ** halvings;
    this.#first = lo;
    this.#last = lo + BINS - 1;
  }
}

/** Counts until a time has no bin. @returns its row, or the end */
function countTimes(
  words: Int32Array,
  start: number,
  end: number,
  binUs: number,
  first: number,
  counts: Float64Array,
): number {
  for (let row = start; row < end; row++) {
    const time = words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0);
    const bin = Math.floor(time / binUs) - first;
    if (!(bin >= 0 && bin < BINS)) return row;
    counts[bin]!++;
  }
  return end;
}
