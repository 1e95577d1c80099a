import type { DecoderState } from "./decoder-state.ts";
import type { EventRows } from "./event-rows.ts";
import type { DecodeMode } from "./options.ts";
import { TriggerLog } from "./trigger-log.ts";
import { ViolationLog } from "./violations.ts";

/** Where a decoder puts what is no event, and what it needs to know of the sensor. */
export class DecoderContext {
  readonly violations: ViolationLog = new ViolationLog();
  readonly triggers: TriggerLog = new TriggerLog();
  /** Columns and rows of the sensor; what a column of 16 bits can hold where they are not known. */
  readonly width: number;
  readonly height: number;
  /** Position of the data in the file, for the offsets of violations. */
  readonly dataStart: number;

  readonly mode: DecodeMode;

  constructor(
    dataStart: number,
    width: number | undefined,
    height: number | undefined,
    mode: DecodeMode = "raw",
  ) {
    this.mode = mode;
    this.dataStart = dataStart;
    this.width = width ?? 65_536;
    this.height = height ?? 65_536;
  }
}

/**
 * Turns the bytes of one recording into rows, piece by piece.
 *
 * Pieces may be cut anywhere, inside a word or a line too: the state between calls is all in the decoder.
 */
export interface EventDecoder {
  /** Free rows that `decode` and `finish` need to make any headway. */
  readonly rowsPerStep: number;
  /**
   * Decodes from `start` on, until the bytes are used up or there are fewer than `rowsPerStep` free rows.
   * @returns where it stopped; all bytes before that are done with
   */
  decode(bytes: Uint8Array, start: number, rows: EventRows): number;
  /** Tells that there are no more bytes; what was left over becomes rows or violations. */
  finish(rows: EventRows): void;
  /** Where it stands when it has used up all bytes: at the first word, line or packet that is not whole. */
  saveState(): DecoderState;
  /** Goes on where another decoder of the same recording stood: the next bytes are those from `byteOffset` on. */
  restoreState(state: DecoderState): void;
}
