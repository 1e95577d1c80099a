import { readU32, writeU32 } from "@millrace/base";
import { GrowableUint8 } from "@millrace/buffers";
import { FRAME_HEADER_BYTES, sealFrame } from "./format.ts";

const HEADER_SCRATCH = new Uint8Array(FRAME_HEADER_BYTES);

/** Records that wait to be written together, already laid out as frames but for their checksums. */
export class Batch {
  readonly firstLsn: number;
  /** Settles when the batch is as safe as the log's durability says, or failed. */
  readonly done: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  /** Ask for a sync whatever the durability. */
  wantsSync = false;
  /** What has to be done before the batch is written. */
  after: Promise<unknown> | undefined;
  count = 0;
  /** Whose bytes another batch may take over once this one is done. */
  readonly frames: GrowableUint8;

  constructor(firstLsn: number, frames: GrowableUint8 = new GrowableUint8({ initialCapacity: 4096 })) {
    this.firstLsn = firstLsn;
    this.frames = frames;
    // Whoever waits has a promise of his own derived from this; nobody may be waiting at all.
    this.done.promise.catch(() => {});
  }

  get byteLength(): number {
    return this.frames.length;
  }

  get lastLsn(): number {
    return this.firstLsn + this.count - 1;
  }

  /** Waits with the batch for one thing more; where that fails, so does the batch. */
  waitFor(after: Promise<unknown>): void {
    this.after = this.after === undefined ? after : Promise.all([this.after, after]);
    // Told to those who wait for the batch, when it is its turn.
    this.after.catch(() => {});
  }

  /** Makes room for many records at once, so that their bytes are not moved again and again. */
  reserve(records: readonly Uint8Array[]): void {
    let byteLength = 0;
    for (const record of records) byteLength += FRAME_HEADER_BYTES + record.length;
    this.frames.reserve(byteLength);
  }

  add(record: Uint8Array): void {
    // The checksum waits for the segment that the frame goes to; the length is kept in its place of the format.
    writeU32(HEADER_SCRATCH, 4, record.length + 1);
    this.frames.reserve(FRAME_HEADER_BYTES + record.length);
    this.frames.pushMany(HEADER_SCRATCH);
    this.frames.pushMany(record);
    this.count++;
  }

  /**
   * Seals the frames from `start` on that fit in `roomBytes`.
   * @returns their bytes and count; none when the first does not fit
   */
  sealNext(start: number, lsn: number, roomBytes: number, durableLsn: number, saltCrc: number): SealedFrames {
    const frames = this.frames.view();
    let at = start;
    let count = 0;
    while (at < frames.length) {
      const payloadBytes = readU32(frames, at + 4) - 1;
      const end = at + FRAME_HEADER_BYTES + payloadBytes;
      if (end - start > roomBytes) break;
      sealFrame(frames, at, payloadBytes, lsn + count, lsn + count - durableLsn, saltCrc);
      count++;
      at = end;
    }
    return { bytes: frames.subarray(start, at), count };
  }

  /** Bytes of the frame that begins at `start`. */
  frameBytesAt(start: number): number {
    return FRAME_HEADER_BYTES + readU32(this.frames.view(), start + 4) - 1;
  }
}

/** Complete frames, one behind the other. */
export interface SealedFrames {
  readonly bytes: Uint8Array;
  readonly count: number;
}
