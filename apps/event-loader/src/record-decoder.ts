import type { DecoderState, StateFields } from "./decoder-state.ts";
import type { EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import type { ViolationLog } from "./violations.ts";

/**
 * Decodes whole records in [start, end) until the rows are full; returns the position behind the last one.
 * @param origin - position in the file of `bytes[0]`
 */
export type RecordLoop = (
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
) => number;

/** What a {@link RecordDecoder} needs to know of its format. */
export interface RecordFormat {
  /** Bytes of the longest record. */
  readonly maxRecordBytes: number;
  /** Position of the first record in the file. */
  readonly dataStart: number;
  readonly violations: ViolationLog;
  readonly loop: RecordLoop;
  /** What the loop remembers from record to record. */
  readonly state: StateFields;
  /** True between records that belong together: a file that ends there is truncated. */
  isInside?(): boolean;
}

/** Hands records of bytes, of one length or several, to a format's loop; pieces may be cut anywhere. */
export class RecordDecoder implements EventDecoder {
  readonly rowsPerStep = 1;
  readonly #format: RecordFormat;
  readonly #carried: Uint8Array;
  #carriedCount = 0;
  #byteOffset: number;

  constructor(format: RecordFormat) {
    this.#format = format;
    this.#carried = new Uint8Array(format.maxRecordBytes);
    this.#byteOffset = format.dataStart;
  }

  decode(bytes: Uint8Array, start: number, rows: EventRows): number {
    let at = start;
    while (this.#carriedCount > 0) {
      if (at === bytes.length) return at;
      this.#carried[this.#carriedCount++] = bytes[at++]!;
      // It was not whole before, and so it ends with this byte or goes on.
      if (this.#run(this.#carried, 0, this.#carriedCount, rows) > 0) this.#carriedCount = 0;
    }
    at = this.#run(bytes, at, bytes.length, rows);
    if (rows.rowCount === rows.capacity) return at;
    this.#carried.set(bytes.subarray(at));
    this.#carriedCount = bytes.length - at;
    return bytes.length;
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

  #run(bytes: Uint8Array, start: number, end: number, rows: EventRows): number {
    const at = this.#format.loop(bytes, start, end, rows, this.#byteOffset - start);
    this.#byteOffset += at - start;
    return at;
  }
}
