import { FLAG_WORD, haveOnly } from "./flags.ts";

/** Flags that are listed in one go: input and output stay in the nearest cache. */
const FLAGS_AT_ONCE = 16_384;

/** Rows of so many neurons that are listed in one go. */
export function flagRowsAtOnce(neurons: number): number {
  return Math.max(1, Math.floor(FLAGS_AT_ONCE / neurons));
}

/** Vectors of flags that wait to be listed together, which is quicker than one by one. */
export class FlagStage {
  readonly #neurons: number;
  readonly #bytes: Uint8Array;
  /** The same memory by words, where rows begin and end at one. */
  readonly #words: Uint32Array | undefined;
  readonly #capacity: number;
  #rows = 0;

  constructor(neurons: number) {
    this.#neurons = neurons;
    this.#capacity = flagRowsAtOnce(neurons);
    this.#bytes = new Uint8Array(this.#capacity * neurons);
    this.#words = neurons % 4 === 0 ? new Uint32Array(this.#bytes.buffer) : undefined;
  }

  /** Rows that were kept. */
  get rowCount(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.#capacity;
  }

  /** All flags of the rows that were kept; valid until the next {@link put}. */
  get flags(): Uint8Array {
    return this.#bytes.subarray(0, this.#rows * this.#neurons);
  }

  /** Puts a vector behind the rows that were kept, where the next call replaces it. @returns whether all are 0 or 1 */
  put(flags: Uint8Array): boolean {
    const start = this.#rows * this.#neurons;
    this.#bytes.set(flags, start);
    const end = start + this.#neurons;
    return this.#words === undefined
      ? haveOnly(this.#bytes, start, end, 1)
      : haveOnly(this.#words, start >> 2, end >> 2, FLAG_WORD);
  }

  /** As {@link put}, for flags that may be anything: those that are not 0, not false and not NaN are set. */
  putTruthy(flags: ArrayLike<unknown>): void {
    const start = this.#rows * this.#neurons;
    for (let i = 0; i < flags.length; i++) this.#bytes[start + i] = flags[i] ? 1 : 0;
  }

  /** Keeps the vector that was put last. */
  keep(): void {
    this.#rows++;
  }

  /** Forgets all rows. */
  clear(): void {
    this.#rows = 0;
  }
}
