import type { VfsFile } from "@millrace/files";
import { FRAME_HEADER_BYTES, HEADER_BYTES, isFrame, payloadBytesAt, type SegmentHeader } from "./format.ts";

const WINDOW_BYTES = 256 * 1024;

/** What {@link FrameCursor.advance} came to. */
export type CursorState = "frame" | "end" | "more";

/**
 * Goes from frame to frame of one segment through a window of the file.
 *
 * `advance()` is synchronous, as a promise for each record would cost more than the record; it answers `"more"`
 * when `fill()` has to read on.
 */
export class FrameCursor {
  readonly #file: VfsFile;
  readonly #saltCrc: number;
  /** The file's size: no frame reaches beyond it. */
  readonly fileBytes: number;
  /** File offset of the next frame; at the end, where the first thing that is no frame lies. */
  offset: number = HEADER_BYTES;
  /** lsn of the frame at `offset`. */
  lsn: number;
  /** The window; the last frame's payload is its bytes [payloadStart, payloadEnd) until the next `fill`. */
  window: Uint8Array<ArrayBuffer> = new Uint8Array(WINDOW_BYTES);
  payloadStart = 0;
  payloadEnd = 0;
  #windowStart = 0;
  #windowEnd = 0;
  #neededBytes: number = FRAME_HEADER_BYTES;

  constructor(file: VfsFile, header: SegmentHeader, fileBytes: number) {
    this.#file = file;
    this.#saltCrc = header.saltCrc;
    this.lsn = header.firstLsn;
    this.fileBytes = fileBytes;
  }

  /** Steps over the next frame, once it is whole and intact; `"end"` where there is none. */
  advance(): CursorState {
    const at = this.offset - this.#windowStart;
    if (this.offset + FRAME_HEADER_BYTES > this.fileBytes) return "end";
    if (this.offset + FRAME_HEADER_BYTES > this.#windowEnd) return this.#more(FRAME_HEADER_BYTES);
    const payloadBytes = payloadBytesAt(this.window, at);
    const end = this.offset + FRAME_HEADER_BYTES + payloadBytes;
    if (payloadBytes < 0 || end > this.fileBytes) return "end";
    if (end > this.#windowEnd) return this.#more(end - this.offset);
    if (!isFrame(this.window, at, payloadBytes, this.lsn, this.#saltCrc)) return "end";
    this.payloadStart = at + FRAME_HEADER_BYTES;
    this.payloadEnd = this.payloadStart + payloadBytes;
    this.offset = end;
    this.lsn++;
    return "frame";
  }

  /** Reads what `advance` asked for; the payload before is gone then. */
  async fill(): Promise<void> {
    if (this.#neededBytes > this.window.length) this.window = new Uint8Array(this.#neededBytes);
    this.#windowStart = this.offset;
    this.#windowEnd = this.offset;
    const wanted = Math.min(this.window.length, this.fileBytes - this.offset);
    this.#windowEnd += await this.#file.read(this.window.subarray(0, wanted), this.offset);
    // A file cut short while it is read: treat the rest as zeros, which are no frame.
    this.window.fill(0, this.#windowEnd - this.#windowStart, wanted);
    this.#windowEnd = this.offset + wanted;
  }

  #more(bytes: number): "more" {
    this.#neededBytes = bytes;
    return "more";
  }
}
