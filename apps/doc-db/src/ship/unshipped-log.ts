/** What a target does not have of a database's log. */
import { crc32c } from "@millrace/base";
import type { Wal } from "@millrace/wal";
import { needsFile } from "../storage/commit-record.ts";
import type { Engine } from "../storage/engine.ts";
import type { ShipLine } from "./manifest.ts";
import type { ShippedRecord } from "./segment.ts";

/** Makes durable what is acknowledged: it could be something else after a power cut, and the target would have it. */
export async function flushForShipping(wal: Wal): Promise<void> {
  if (wal.durability !== "disk" && wal.stats.durableLsn < wal.stats.nextLsn - 1) await wal.flush();
}

/** Whether a log goes on where a line ends. */
export async function goesOnFrom({ pager: { databaseId, wal } }: Engine, line: ShipLine): Promise<boolean> {
  const { firstLsn, lastLsn, lastChecksum } = line;
  if (line.databaseId !== databaseId || lastLsn > wal.stats.durableLsn) return false;
  if (lastLsn < wal.stats.firstLsn || lastLsn < firstLsn) return lastLsn + 1 >= wal.stats.firstLsn;
  for await (const { payload } of wal.read(lastLsn)) return crc32c(payload) === lastChecksum;
  return false;
}

/**
 * The records behind those of a line, about as many bytes as a segment has.
 * @param timeOf - when a record was committed
 * @returns undefined when the log was cut behind the line, or is no more whole without the file
 */
export async function recordsBehind(
  wal: Wal,
  line: ShipLine,
  untilLsn: number,
  segmentBytes: number,
  timeOf: (lsn: number) => number,
): Promise<ShippedRecord[] | undefined> {
  const records: ShippedRecord[] = [];
  let bytes = 0;
  let atMs = line.lastMs;
  if (isCutBehind(wal, line)) return undefined;
  try {
    for await (const { lsn, payload } of wal.read(line.lastLsn + 1)) {
      // Of the time when nobody shipped it; a line's first record is in its copy of the file.
      if (needsFile(payload) && lsn > line.firstLsn) return undefined;
      bytes += payload.length;
      if (lsn > untilLsn || (records.length > 0 && bytes > segmentBytes)) break;
      atMs = Math.max(atMs, timeOf(lsn));
      records.push({ lsn, atMs, payload });
    }
  } catch (error) {
    if (isCutBehind(wal, line)) return undefined;
    throw error;
  }
  return records;
}

function isCutBehind(wal: Wal, { lastLsn }: ShipLine): boolean {
  return wal.stats.firstLsn > lastLsn + 1;
}
