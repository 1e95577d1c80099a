import { type Progress, throwIfAborted } from "@millrace/stream";

/** Whom a conversion tells what it does, and who may stop it. */
export class ConvertWork {
  /** What the format has no place for, in words. */
  readonly leftOut: string[] = [];
  /** Spikes that were written. */
  spikes = 0;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;

  constructor(progress: Progress, signal: AbortSignal | undefined) {
    this.#progress = progress;
    this.#signal = signal;
  }

  /** After some rows. Lets signals in: without a turn of the event loop Ctrl-C would wait for the end. @throws AbortedError */
  async turn(rows: number, bytes: number): Promise<void> {
    this.#progress.add(rows, bytes);
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(this.#signal, "convert");
  }
}
