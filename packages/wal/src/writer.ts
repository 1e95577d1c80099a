import { assert } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import type { Batch } from "./batch.ts";
import { HEADER_BYTES } from "./format.ts";
import { ActiveSegment, type Segment } from "./segment.ts";

/** A segment with its size in the log's list. */
export interface ListedSegment extends Segment {
  readonly usedBytes: number;
}

/** Writes batches into segments, and knows which records are written and which durable. */
export class SegmentWriter {
  /** Every segment of the log in order; the last one is being written when `#active` is set. */
  readonly segments: ListedSegment[];
  writtenLsn: number;
  durableLsn: number;
  syncCount = 0;
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #segmentBytes: number;
  #active: ActiveSegment | undefined;

  constructor(vfs: Vfs, directory: string, segmentBytes: number, segments: ListedSegment[], lastLsn: number) {
    this.#vfs = vfs;
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.segments = segments;
    this.writtenLsn = lastLsn;
    this.durableLsn = lastLsn;
  }

  /** Goes on in the last segment there is; a log without any gets its first with the first record. */
  async resume(): Promise<void> {
    const last = this.segments.at(-1);
    if (last === undefined) return;
    const file = await this.#vfs.open(last.path, "r+");
    this.#active = new ActiveSegment(file, last.header, last.usedBytes, this.#segmentBytes);
    this.segments[this.segments.length - 1] = this.#active;
  }

  /** Hands a batch to the kernel, over as many segments as it takes. */
  async write(batch: Batch): Promise<void> {
    assert(batch.count === 0 || batch.firstLsn === this.writtenLsn + 1, "batches are written in order");
    for (let start = 0; start < batch.byteLength; ) {
      const active = this.#active ?? (await this.#roll(batch.frameBytesAt(start)));
      const sealed = batch.sealNext(
        start,
        this.writtenLsn + 1,
        active.roomBytes,
        this.durableLsn,
        active.header.saltCrc,
      );
      if (sealed.count === 0) {
        await this.#roll(batch.frameBytesAt(start));
        continue;
      }
      await active.write(sealed.bytes);
      start += sealed.bytes.length;
      this.writtenLsn += sealed.count;
    }
  }

  /**
   * Writes a batch and makes it durable without leaving this thread: a lone record saves the two trips through
   * the thread pool, which take as long as the disk does.
   * @returns false when the batch does not fit the zeros written ahead; nothing was done then
   */
  commitNow(batch: Batch): boolean {
    if (this.durableLsn !== this.writtenLsn || !this.writeNow(batch)) return false;
    this.#active!.syncNow();
    this.syncCount++;
    this.durableLsn = this.writtenLsn;
    return true;
  }

  /** Writes a batch without leaving this thread. @returns false, and nothing done, as {@link commitNow} does */
  writeNow(batch: Batch): boolean {
    const active = this.#active;
    if (active === undefined || batch.byteLength > active.roomBytes) return false;
    if (!active.isAllocated(batch.byteLength)) return false;
    const { bytes } = batch.sealNext(
      0,
      this.writtenLsn + 1,
      active.roomBytes,
      this.durableLsn,
      active.header.saltCrc,
    );
    active.writeNow(bytes);
    this.writtenLsn += batch.count;
    return true;
  }

  /** {@link write} at once, whatever it takes; nothing may be written by others meanwhile. */
  writeAll(batch: Batch): void {
    for (let start = 0; start < batch.byteLength; ) {
      const active = this.#active ?? this.#rollNow(batch.frameBytesAt(start));
      const lsn = this.writtenLsn + 1;
      const { saltCrc } = active.header;
      const sealed = batch.sealNext(start, lsn, active.roomBytes, this.durableLsn, saltCrc);
      if (sealed.count === 0) {
        this.#rollNow(batch.frameBytesAt(start));
        continue;
      }
      active.writeNow(sealed.bytes);
      start += sealed.bytes.length;
      this.writtenLsn += sealed.count;
    }
  }

  /** {@link sync} at once. */
  syncNow(): void {
    if (this.durableLsn === this.writtenLsn || this.#active === undefined) return;
    this.#active.syncNow();
    this.syncCount++;
    this.durableLsn = this.writtenLsn;
  }

  /** Makes all that was written durable. */
  async sync(): Promise<void> {
    if (this.durableLsn === this.writtenLsn || this.#active === undefined) return;
    const target = this.writtenLsn;
    await this.#active.sync();
    this.syncCount++;
    this.durableLsn = target;
  }

  /** Goes on in a new segment, so that all before it can be removed. */
  async begin(): Promise<void> {
    if (this.#active !== undefined && this.#active.header.firstLsn <= this.writtenLsn) await this.#roll(0);
  }

  /** Ends the segment that is being written, durably. */
  async seal(): Promise<void> {
    if (this.#active === undefined) return;
    await this.#active.seal();
    this.#sealed(this.#active);
  }

  #sealed({ path, header, usedBytes }: ActiveSegment): void {
    this.syncCount++;
    this.durableLsn = this.writtenLsn;
    this.#active = undefined;
    this.segments[this.segments.length - 1] = { path, header, usedBytes };
  }

  /** Closes without a further write; what is not durable may be lost. */
  async abandon(): Promise<void> {
    await this.#active?.abandon();
    this.#active = undefined;
  }

  /** A later segment is made only when all before it is durable: recovery counts on it. */
  async #roll(frameBytes: number): Promise<ActiveSegment> {
    await this.seal();
    return this.#begin(await ActiveSegment.create(...this.#nextSegment(frameBytes)));
  }

  #rollNow(frameBytes: number): ActiveSegment {
    if (this.#active !== undefined) {
      this.#active.sealNow();
      this.#sealed(this.#active);
    }
    return this.#begin(ActiveSegment.createSync(...this.#nextSegment(frameBytes)));
  }

  #nextSegment(frameBytes: number): Parameters<typeof ActiveSegment.create> {
    const sequence = (this.segments.at(-1)?.header.sequence ?? 0) + 1;
    const limitBytes = Math.max(this.#segmentBytes, HEADER_BYTES + frameBytes);
    return [this.#vfs, this.#directory, sequence, this.writtenLsn + 1, limitBytes];
  }

  #begin(segment: ActiveSegment): ActiveSegment {
    this.#active = segment;
    this.segments.push(segment);
    return segment;
  }
}
