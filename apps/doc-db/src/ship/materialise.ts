import { AbortedError, crc32c, MillraceError } from "@millrace/base";
import { parentPath, type Vfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { ReportBytes } from "../report-bytes.ts";
import { partOfCommit } from "../storage/commit-record.ts";
import type { Route, ShipHistory } from "./history.ts";
import { type BaseParts, baseKey, corruptValue, decodeChecked, partKey } from "./manifest.ts";

/** How far a database was brought. */
export interface Reached {
  readonly line: number;
  /** The last record of the last whole commit. */
  readonly lsn: number;
  readonly atMs: number;
  /** Records of the log behind the copy. */
  readonly records: number;
}

/** Makes file and log of what was shipped, as a crash at that moment would have left them: opening recovers them. */
export async function materialise(
  history: ShipHistory,
  route: Route,
  vfs: Vfs,
  path: string,
  signal: AbortSignal | undefined,
  onProgress: ReportBytes | undefined,
): Promise<Reached> {
  const { line, base, untilLsn } = route;
  await writeFile(history, route, vfs, path, signal, onProgress);
  const firstLsn = Math.max(1, base.lsn, line.firstLsn);
  const reached = { line: line.line, lsn: base.lsn, atMs: base.atMs, records: 0 };
  await using wal = await Wal.open(vfs, `${path}-wal`, { durability: "none", firstLsn });
  for await (const segment of history.records(line, firstLsn, untilLsn)) {
    throwIfAborted(signal);
    const records = segment.filter(({ atMs, lsn }) => atMs <= route.untilMs || lsn <= base.wholeLsn);
    await wal.appendMany(records.map(({ payload }) => payload));
    reached.records += records.length;
    const last = records.findLast(({ payload }) => partOfCommit(payload).isLast);
    if (last !== undefined) Object.assign(reached, { lsn: last.lsn, atMs: last.atMs });
    if (records.length < segment.length) break;
  }
  if (wal.stats.nextLsn > base.wholeLsn || base.wholeLsn === 0) return reached;
  throw corruptValue(
    history.target.name,
    `the log ends before record ${base.wholeLsn}, which base ${base.id} needs`,
  );
}

async function writeFile(
  { target }: ShipHistory,
  { line, base }: Route,
  vfs: Vfs,
  path: string,
  signal: AbortSignal | undefined,
  onProgress: ReportBytes | undefined,
): Promise<void> {
  const key = baseKey(line.line, base.id);
  const listed = await target.get(key);
  if (listed === undefined) throw missing(target.name, key);
  const { bytes, partBytes, checksums } = decodeChecked<BaseParts>(listed, `${target.name}: ${key}`);
  await vfs.list(parentPath(path));
  await using file = await vfs.open(path, "create");
  for (const [i, checksum] of checksums.entries()) {
    throwIfAborted(signal);
    const partOf = partKey(line.line, base.id, i);
    const part = await target.get(partOf);
    if (part === undefined) throw missing(target.name, partOf);
    const length = Math.min(partBytes, bytes - i * partBytes);
    if (part.length !== length || crc32c(part) !== checksum)
      throw corruptValue(`${target.name}: ${partOf}`, "is not what was written there");
    await file.write(part, i * partBytes);
    onProgress?.(i * partBytes + length, bytes);
  }
  await file.sync();
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new AbortedError("DOCDB_BACKUP_ABORTED", "the restore", { cause: signal.reason });
}

function missing(target: string, key: string): MillraceError {
  const problem = `${key} is missing, which the manifest names; put it back, or restore to an earlier moment`;
  return new MillraceError("DOCDB_SHIP_GAP", `${target}: ${problem}`);
}
