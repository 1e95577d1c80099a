import { joinPath, type Vfs, type VfsFile } from "@millrace/files";
import { corrupt, HEADER_BYTES, newHeader, readHeader, type SegmentHeader } from "./format.ts";

/** Zeros are written this far ahead of the records, so that a sync seldom has a new size to make durable. */
const PREALLOCATED_BYTES = 1024 * 1024;
const ZEROS = new Uint8Array(128 * 1024);
const SUFFIX = ".wal";

/** One file of a log and its place in the sequence. */
export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
}

/** The file name of a segment: its sequence in 16 digits, so that names sort as segments do. */
export function segmentName(sequence: number): string {
  return String(sequence).padStart(16, "0") + SUFFIX;
}

/**
 * The segments of a directory in order, by their headers. A hole in the sequence is an error: old segments are
 * removed oldest first, each durably before the next. What a crash left half-made is removed.
 * @throws CorruptDataError for a damaged header or a missing segment
 */
export async function listSegments(vfs: Vfs, directory: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const { name, kind } of await vfs.list(directory)) {
    const path = joinPath(directory, name);
    if (kind === "file" && /^\d{16}\.wal\.tmp$/.test(name)) await vfs.remove(path);
    if (kind !== "file" || !/^\d{16}\.wal$/.test(name)) continue;
    const sequence = Number(name.slice(0, -SUFFIX.length));
    const before = segments.at(-1);
    if (before !== undefined && before.header.sequence + 1 !== sequence) {
      const missing = segmentName(before.header.sequence + 1);
      throw corrupt(
        "WAL_SEGMENT_MISSING",
        path,
        0,
        `the segment before it, ${missing}, is missing; restore it`,
      );
    }
    segments.push({ path, header: await headerOf(vfs, path, sequence) });
  }
  return segments;
}

async function headerOf(vfs: Vfs, path: string, sequence: number): Promise<SegmentHeader> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(HEADER_BYTES);
  const count = await file.read(bytes, 0);
  return readHeader(bytes.subarray(0, count), path, sequence);
}

/** A segment that is being written: an open file and the end of what was written to it. */
export class ActiveSegment implements Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly #file: VfsFile;
  readonly #limitBytes: number;
  #offset: number;
  #allocated: number;

  /** @param offset - where the next frame goes; the file ends there */
  constructor(file: VfsFile, header: SegmentHeader, offset: number, limitBytes: number) {
    this.path = file.path;
    this.header = header;
    this.#file = file;
    this.#limitBytes = limitBytes;
    this.#offset = offset;
    this.#allocated = offset;
  }

  /**
   * Makes an empty segment. It gets its name only when header and first zeros are durable, so that a segment with
   * a damaged header is always damage and never a crash in the middle of this.
   */
  static async create(
    vfs: Vfs,
    directory: string,
    sequence: number,
    firstLsn: number,
    limitBytes: number,
  ): Promise<ActiveSegment> {
    const path = joinPath(directory, segmentName(sequence));
    const temporary = `${path}.tmp`;
    const { bytes, header } = newHeader(sequence, firstLsn);
    const made = await vfs.open(temporary, "create-or-truncate");
    try {
      await made.write(bytes, 0);
      await made.sync();
    } finally {
      await made.close();
    }
    await vfs.rename(temporary, path);
    await vfs.syncDirectory(directory);
    return new ActiveSegment(await vfs.open(path, "r+"), header, HEADER_BYTES, limitBytes);
  }

  /** {@link create} at once. */
  static createSync(
    vfs: Vfs,
    directory: string,
    sequence: number,
    firstLsn: number,
    limitBytes: number,
  ): ActiveSegment {
    const path = joinPath(directory, segmentName(sequence));
    const temporary = `${path}.tmp`;
    const { bytes, header } = newHeader(sequence, firstLsn);
    const made = vfs.openSync(temporary, "create-or-truncate");
    try {
      made.writeSync(bytes, 0);
      made.syncSync();
    } finally {
      made.closeSync();
    }
    vfs.renameSync(temporary, path);
    vfs.syncDirectorySync(directory);
    return new ActiveSegment(vfs.openSync(path, "r+"), header, HEADER_BYTES, limitBytes);
  }

  /** Bytes of frames that still fit. */
  get roomBytes(): number {
    return this.#limitBytes - this.#offset;
  }

  /** Bytes of header and frames. */
  get usedBytes(): number {
    return this.#offset;
  }

  async write(frames: Uint8Array): Promise<void> {
    const end = this.#offset + frames.length;
    if (end > this.#allocated && frames.length >= PREALLOCATED_BYTES) {
      // Zeros in front of as many bytes would be written for nothing: the sync has a new size to make durable anyway.
      this.#allocated = end;
    } else if (end > this.#allocated) {
      this.#allocated = Math.max(end, Math.min(this.#limitBytes, end + PREALLOCATED_BYTES));
      await this.#file.allocate(this.#allocated);
    }
    await this.#file.write(frames, this.#offset);
    this.#offset = end;
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Whether so many bytes can be written without making the file longer first. */
  isAllocated(byteLength: number): boolean {
    return this.#offset + byteLength <= this.#allocated;
  }

  /** {@link write} at once. */
  writeNow(frames: Uint8Array): void {
    const end = this.#offset + frames.length;
    if (end > this.#allocated) {
      const isLarge = frames.length >= PREALLOCATED_BYTES;
      this.#allocated = isLarge ? end : Math.max(end, Math.min(this.#limitBytes, end + PREALLOCATED_BYTES));
      // What the frames are not written over is zeros that are really there.
      for (let at = end; at < this.#allocated; at += ZEROS.length)
        this.#file.writeSync(ZEROS.subarray(0, Math.min(ZEROS.length, this.#allocated - at)), at);
    }
    this.#file.writeSync(frames, this.#offset);
    this.#offset = end;
  }

  /** Syncs on this thread. */
  syncNow(): void {
    this.#file.syncSync();
  }

  /** Cuts the zeros off behind the last frame, makes that durable and closes. */
  async seal(): Promise<void> {
    if (this.#allocated > this.#offset) await this.#file.truncate(this.#offset);
    await this.#file.sync();
    await this.#file.close();
  }

  /** {@link seal} at once. */
  sealNow(): void {
    if (this.#allocated > this.#offset) this.#file.truncateSync(this.#offset);
    this.#file.syncSync();
    this.#file.closeSync();
  }

  /** Closes as it is, for a log that failed. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }
}
