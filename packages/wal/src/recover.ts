import { readU32 } from "@millrace/base";
import type { Vfs, VfsFile } from "@millrace/files";
import { corrupt, FRAME_HEADER_BYTES, isFrame, payloadBytesAt } from "./format.ts";
import { FrameCursor } from "./frame-cursor.ts";
import type { Segment } from "./segment.ts";

const COPY_BYTES = 256 * 1024;

/** Where a log goes on. */
export interface LogEnd {
  readonly nextLsn: number;
  /** Bytes of header and whole frames of each segment, in order. */
  readonly usedBytes: readonly number[];
}

/**
 * Checks every frame of a log, and makes its last segment end with the last whole one.
 *
 * The last segment's frames are written and synced once more: after a failed sync the system may show bytes that
 * never reached the disk, and records appended behind such a hole would be lost with it.
 *
 * @param emptyLsn - of the first record of a log without segments
 * @throws CorruptDataError `WAL_FRAME_CORRUPT` for damage that no crash explains; nothing was changed then
 */
export async function recoverLog(vfs: Vfs, segments: readonly Segment[], emptyLsn: number): Promise<LogEnd> {
  const usedBytes: number[] = [];
  for (const [i, segment] of segments.entries()) {
    const next = segments[i + 1];
    await using file = await vfs.open(segment.path, next === undefined ? "r+" : "r");
    const cursor = new FrameCursor(file, segment.header, await file.size());
    await skipFrames(cursor);
    usedBytes.push(cursor.offset);
    if (next === undefined) {
      await repairTail(file, segment, cursor);
      return { nextLsn: cursor.lsn, usedBytes };
    }
    if (cursor.lsn !== next.header.firstLsn) {
      throw corrupt(
        "WAL_FRAME_CORRUPT",
        segment.path,
        cursor.offset,
        `record ${cursor.lsn} is damaged or missing, the next segment goes on with ${next.header.firstLsn}; restore the file`,
      );
    }
  }
  return { nextLsn: emptyLsn, usedBytes };
}

async function skipFrames(cursor: FrameCursor): Promise<void> {
  for (let state = cursor.advance(); state !== "end"; state = cursor.advance()) {
    if (state === "more") await cursor.fill();
  }
}

async function repairTail(file: VfsFile, segment: Segment, cursor: FrameCursor): Promise<void> {
  const end = cursor.offset;
  const rest = new Uint8Array(cursor.fileBytes - end);
  await file.read(rest, end);
  const later = findLaterFrame(rest, cursor.lsn, segment.header.saltCrc);
  if (later >= 0) {
    throw corrupt(
      "WAL_FRAME_CORRUPT",
      segment.path,
      end,
      `record ${cursor.lsn} is damaged, yet the frame at byte ${end + later} was written after it was durable; this is no torn tail, restore the file`,
    );
  }
  const copy = new Uint8Array(Math.min(COPY_BYTES, end));
  for (let at = 0; at < end; at += copy.length) {
    const part = copy.subarray(0, Math.min(copy.length, end - at));
    await file.read(part, at);
    await file.write(part, at);
  }
  await file.truncate(end);
  await file.sync();
}

/**
 * Looks for an intact frame behind the first bad byte that proves damage: one that says, by its count of records
 * not yet durable when it was written, that the missing record was durable before. Frames of the same unfinished
 * batch say no such thing: a crash may keep the later sectors of a batch and lose the earlier.
 *
 * @param rest - the segment from the bad byte on
 * @param missingLsn - the record that should be there
 * @returns its offset in `rest`, or -1
 */
function findLaterFrame(rest: Uint8Array, missingLsn: number, saltCrc: number): number {
  const missingLow = missingLsn % 2 ** 32;
  // A segment is made longer ahead of what is written: mostly zeros are left, and no frame begins in them.
  const end = Math.min(lengthWithoutZeros(rest), rest.length - FRAME_HEADER_BYTES + 1);
  for (let at = FRAME_HEADER_BYTES; at < end; at++) {
    const payloadBytes = payloadBytesAt(rest, at);
    if (payloadBytes < 0 || at + FRAME_HEADER_BYTES + payloadBytes > rest.length) continue;
    const ahead = (readU32(rest, at + 8) - missingLow) >>> 0;
    // No more records lie between than there is room for: this keeps checksums of chance bytes rare.
    if (ahead === 0 || ahead > at / FRAME_HEADER_BYTES) continue;
    if (readU32(rest, at + 12) > ahead) continue;
    if (isFrame(rest, at, payloadBytes, missingLsn + ahead, saltCrc)) return at;
  }
  return -1;
}

function lengthWithoutZeros(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && (bytes.byteOffset + end) % 8 !== 0 && bytes[end - 1] === 0) end--;
  // Eight bytes at a time, where they lie on a multiple of eight in memory. -0 and NaN are no zeros: they have bits.
  if ((bytes.byteOffset + end) % 8 === 0) {
    const words = Math.floor(end / 8);
    const view = new Float64Array(bytes.buffer, bytes.byteOffset + end - words * 8, words);
    for (let left = words; left > 0 && Object.is(view[left - 1], 0); left--) end -= 8;
  }
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}
