/** When records that are written must be synced, at the latest: so many milliseconds after the first of them. */
export class SyncDeadline {
  readonly #intervalMs: number;
  readonly #onDue: () => void;
  /** When the first of them was written; undefined while all are synced. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param intervalMs - 0 for never
   * @param onDue - is called when nobody has asked {@link SyncDeadline.isDue} in time; the process may end before that
   */
  constructor(intervalMs: number, onDue: () => void) {
    this.#intervalMs = intervalMs;
    this.#onDue = onDue;
  }

  /** Whether whoever writes has to sync: a turn of the event loop may last long, and no timer runs in it. */
  get isDue(): boolean {
    return this.#since !== undefined && performance.now() - this.#since >= this.#intervalMs;
  }

  /** Says that records were written which are not synced. */
  begin(): void {
    if (this.#intervalMs === 0 || this.#since !== undefined) return;
    this.#since = performance.now();
    // One timer for many syncs in a row: making and clearing one costs more than a look at the clock.
    this.#timer ??= setTimeout(this.#look, this.#intervalMs).unref();
  }

  /** Says that all is synced. */
  end(): void {
    this.#since = undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const leftMs = this.#since + this.#intervalMs - performance.now();
    if (leftMs <= 0) this.#onDue();
    else this.#timer = setTimeout(this.#look, leftMs).unref();
  };
}
