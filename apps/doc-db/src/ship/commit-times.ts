/** Moments that are remembered at the most; beyond it they get coarser. */
const MAX_MOMENTS = 1 << 16;

/** When records of the log were committed, for those that were not shipped yet. */
export class CommitTimes {
  /** Pairs in order: the last record that was committed by a moment. */
  #lsns: number[] = [];
  #times: number[] = [];

  /** Says that the records up to this one are committed by now. */
  note(lsn: number, nowMs: number): void {
    const last = this.#lsns.length - 1;
    if (last >= 0 && this.#lsns[last]! >= lsn) return;
    if (last >= 0 && this.#times[last]! >= nowMs) {
      this.#lsns[last] = lsn;
      return;
    }
    this.#lsns.push(lsn);
    this.#times.push(nowMs);
    if (this.#lsns.length > MAX_MOMENTS) this.#coarsen();
  }

  /** A moment by which the record was committed; undefined for one that nothing is known of. */
  timeOf(lsn: number): number | undefined {
    let lo = 0;
    let hi = this.#lsns.length;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (this.#lsns[middle]! < lsn) lo = middle + 1;
      else hi = middle;
    }
    return this.#times[lo];
  }

  /** Forgets what is known of the records up to this one. */
  forgetUpTo(lsn: number): void {
    let count = 0;
    while (count < this.#lsns.length && this.#lsns[count]! <= lsn) count++;
    this.#lsns.splice(0, count);
    this.#times.splice(0, count);
  }

  /** Every second moment goes: its records get the later one, which says less, and nothing wrong. */
  #coarsen(): void {
    this.#lsns = this.#lsns.filter((_, i) => i % 2 === 1);
    this.#times = this.#times.filter((_, i) => i % 2 === 1);
  }
}
