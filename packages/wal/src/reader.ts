import type { Vfs } from "@millrace/files";
import { corrupt } from "./format.ts";
import { FrameCursor } from "./frame-cursor.ts";
import type { Segment } from "./segment.ts";

/** One record of a log. */
export interface WalRecord {
  readonly lsn: number;
  /** The caller's to keep. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The records [fromLsn, endLsn) of `segments`, which hold them all. */
export async function* readRecords(
  vfs: Vfs,
  segments: readonly Segment[],
  fromLsn: number,
  endLsn: number,
): AsyncGenerator<WalRecord, void, undefined> {
  for (const [i, segment] of segments.entries()) {
    const segmentEnd = Math.min(segments[i + 1]?.header.firstLsn ?? endLsn, endLsn);
    if (segmentEnd <= fromLsn || segmentEnd <= segment.header.firstLsn) continue;
    await using file = await vfs.open(segment.path, "r");
    const cursor = new FrameCursor(file, segment.header, await file.size());
    while (cursor.lsn < segmentEnd) {
      const state = cursor.advance();
      if (state === "more") await cursor.fill();
      else if (state === "end") {
        const problem = `record ${cursor.lsn} is damaged, it was intact before; restore the file`;
        throw corrupt("WAL_FRAME_CORRUPT", segment.path, cursor.offset, problem);
      } else if (cursor.lsn > fromLsn) {
        const payload = cursor.window.slice(cursor.payloadStart, cursor.payloadEnd);
        yield { lsn: cursor.lsn - 1, payload };
      }
    }
  }
}
