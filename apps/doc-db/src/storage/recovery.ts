import { CorruptDataError } from "@millrace/base";
import type { Wal } from "@millrace/wal";
import { RECORD_HEAD_BYTES, readRecordHead } from "./commit-record.ts";
import type { FileCipher } from "./file-cipher.ts";
import { applyPageChange, parsePageChange } from "./page-diff.ts";
import { setPageLsn } from "./page-format.ts";
import type { PageStore } from "./page-store.ts";

/**
 * Brings the pages up to the last whole commit in the log.
 *
 * Every page's first record after a checkpoint is a full image, so pages that a crash tore are never read. Doing it
 * again after another crash gives the same pages. Memory is bounded by the cache: two passes over the log, the first
 * to find the commits whose last part is missing.
 *
 * @returns how many records were applied
 */
export async function recoverPages(
  store: PageStore,
  wal: Wal,
  databaseId: number,
  checkpointLsn: number,
  cipher: FileCipher | undefined,
): Promise<number> {
  const fromLsn = Math.max(checkpointLsn + 1, wal.stats.firstLsn);
  const abandoned = await findAbandoned(wal, databaseId, fromLsn, cipher !== undefined);
  let applied = 0;
  let next = 0;
  for await (const { lsn, payload } of wal.read(fromLsn)) {
    while (next < abandoned.length && abandoned[next]!.endLsn <= lsn) next++;
    if (next < abandoned.length && abandoned[next]!.startLsn <= lsn) continue;
    applyRecord(store, cipher === undefined ? payload : decrypted(cipher, payload, wal.directory, lsn), lsn);
    store.endOperation();
    applied++;
  }
  return applied;
}

function decrypted(cipher: FileCipher, payload: Uint8Array, directory: string, lsn: number): Uint8Array {
  const record = cipher.openRecord(payload, lsn);
  if (record !== undefined) return record;
  const problem = `record ${lsn} is not what was encrypted for its place; put the log that belongs to the file back`;
  throw new CorruptDataError("DOCDB_LOG_CORRUPT", directory, 0, problem);
}

interface Range {
  readonly startLsn: number;
  readonly endLsn: number;
}

async function findAbandoned(
  wal: Wal,
  databaseId: number,
  fromLsn: number,
  isEncrypted: boolean,
): Promise<Range[]> {
  const abandoned: Range[] = [];
  let openLsn = 0;
  for await (const { lsn, payload } of wal.read(fromLsn)) {
    const { isFirst, isLast } = readRecordHead(payload, databaseId, wal.directory, lsn, isEncrypted);
    if (isFirst) {
      if (openLsn > 0) abandoned.push({ startLsn: openLsn, endLsn: lsn });
      openLsn = lsn;
    }
    if (isLast) openLsn = 0;
  }
  if (openLsn > 0) abandoned.push({ startLsn: openLsn, endLsn: Number.MAX_SAFE_INTEGER });
  return abandoned;
}

function applyRecord(store: PageStore, record: Uint8Array, lsn: number): void {
  for (let at = RECORD_HEAD_BYTES; at < record.length; ) {
    const change = parsePageChange(record, at);
    const page = change.isFromZeros ? store.createZeroed(change.page) : store.read(change.page);
    applyPageChange(record, change, page);
    setPageLsn(page, lsn);
    store.cache.markDirty(change.page);
    at = change.end;
  }
}
