import type { DecoderState, StateFields } from "./decoder-state.ts";
import type { EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import type { ViolationLog } from "./violations.ts";

/** Decodes whole words [start, end) until the rows are full; returns the index of the first word not decoded. */
export type WordLoop<W> = (
  words: W,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
) => number;

/** What a {@link WordDecoder} needs to know of its format. */
export interface WordFormat<W> {
  readonly wordBytes: 2 | 4 | 8;
  readonly rowsPerStep: number;
  /** Position of the first word in the file. */
  readonly dataStart: number;
  readonly violations: ViolationLog;
  /** Whole words at an address that is a multiple of the word size, or of 4 where that is 8. */
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): W;
  readonly loop: WordLoop<W>;
  /** What the loop remembers from word to word. */
  readonly state: StateFields;
  /** True between words that belong together: a file that ends there is truncated. */
  isInside?(): boolean;
}

/** Bytes of the copy that is made of pieces at odd addresses. */
const ALIGNED_BYTES = 65_536;

/** Cuts bytes into little-endian words at any border and at any address, and hands them to a format's loop. */
export class WordDecoder<W> implements EventDecoder {
  readonly rowsPerStep: number;
  readonly #format: WordFormat<W>;
  readonly #carried = new Uint8Array(8);
  readonly #carriedWord: W;
  #carriedCount = 0;
  #aligned: Uint8Array | undefined;
  #byteOffset: number;

  constructor(format: WordFormat<W>) {
    this.#format = format;
    this.rowsPerStep = format.rowsPerStep;
    this.#carriedWord = format.view(this.#carried.buffer, 0, 1);
    this.#byteOffset = format.dataStart;
  }

  decode(bytes: Uint8Array, start: number, rows: EventRows): number {
    const { wordBytes } = this.#format;
    let at = start;
    if (this.#carriedCount > 0) {
      at = this.#carry(bytes, at);
      if (this.#carriedCount < wordBytes) return at;
      this.#run(this.#carriedWord, 1, rows);
      this.#carriedCount = 0;
    }
    while (bytes.length - at >= wordBytes) {
      if (rows.capacity - rows.rowCount < this.rowsPerStep) return at;
      at += this.#decodeWhole(bytes, at, rows);
    }
    return this.#carry(bytes, at);
  }

  finish(): void {
    const { violations, isInside } = this.#format;
    if (this.#carriedCount > 0 || isInside?.() === true) violations.add("truncatedWord", this.#byteOffset);
  }

  saveState(): DecoderState {
    return { byteOffset: this.#byteOffset, values: this.#format.state.save() };
  }

  restoreState({ byteOffset, values }: DecoderState): void {
    this.#carriedCount = 0;
    this.#byteOffset = byteOffset;
    this.#format.state.restore(values);
  }

  /** @returns bytes decoded */
  #decodeWhole(bytes: Uint8Array, at: number, rows: EventRows): number {
    const { wordBytes, view } = this.#format;
    const byteOffset = bytes.byteOffset + at;
    if (byteOffset % Math.min(wordBytes, 4) === 0) {
      const count = Math.floor((bytes.length - at) / wordBytes);
      return this.#run(view(bytes.buffer, byteOffset, count), count, rows) * wordBytes;
    }
    this.#aligned ??= new Uint8Array(ALIGNED_BYTES);
    const count = Math.floor(Math.min(ALIGNED_BYTES, bytes.length - at) / wordBytes);
    this.#aligned.set(bytes.subarray(at, at + count * wordBytes));
    return this.#run(view(this.#aligned.buffer, 0, count), count, rows) * wordBytes;
  }

  /** @returns words decoded */
  #run(words: W, count: number, rows: EventRows): number {
    const done = this.#format.loop(words, 0, count, rows, this.#byteOffset);
    this.#byteOffset += done * this.#format.wordBytes;
    return done;
  }

  /** Keeps bytes up to a whole word. @returns where it stopped */
  #carry(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && this.#carriedCount < this.#format.wordBytes) {
      this.#carried[this.#carriedCount++] = bytes[at++]!;
    }
    return at;
  }
}
