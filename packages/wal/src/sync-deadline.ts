const RETRY_MS = 5;

/** When records that are written must be synced, at the latest: so many milliseconds after the first of them. */
export class SyncDeadline {
  readonly #intervalMs: number;
  readonly #onDue: () => void;
  /** When the first of them was written; undefined while all are synced. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param intervalMs - 0 for never
   * @param onDue - is called when nobody has asked {@link SyncDeadline.isDue} in time, until {@link SyncDeadline.end}
   *   is; the process may end before that
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

  /** For good. */
  close(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const leftMs = this.#since + this.#intervalMs - performance.now();
    if (leftMs <= 0) this.#onDue();
    // Who could not sync, as others were writing, is asked again.
    if (this.#since !== undefined) this.#timer = setTimeout(this.#look, Math.max(leftMs, RETRY_MS)).unref();
  };
}
