import { CorruptDataError, readU32 } from "@millrace/base";
import type { Wal } from "@millrace/wal";
import { RECORD_HEAD_BYTES, readRecordHead } from "./commit-record.ts";
import type { FileCipher } from "./file-cipher.ts";
import { applyPageChange, checksumInFile, type PageChange, parsePageChange } from "./page-diff.ts";
import { pageLsn, setPageLsn } from "./page-format.ts";
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
  const pages = new RecoveredPages(store);
  let applied = 0;
  let next = 0;
  for await (const { lsn, payload } of wal.read(fromLsn)) {
    while (next < abandoned.length && abandoned[next]!.endLsn <= lsn) next++;
    if (next < abandoned.length && abandoned[next]!.startLsn <= lsn) continue;
    pages.apply(cipher === undefined ? payload : decrypted(cipher, payload, wal.directory, lsn), lsn);
    store.endOperation();
    applied++;
  }
  pages.finish();
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

/** Puts the changes of records into pages, one record after the other. */
class RecoveredPages {
  readonly #store: PageStore;
  /**
   * Pages that should be in the file and are not whole there: a crash tore them as a later commit was written over them,
   * which the log has as whole pages.
   */
  readonly #torn = new Map<number, Error>();

  constructor(store: PageStore) {
    this.#store = store;
  }

  apply(record: Uint8Array, lsn: number): void {
    for (let at = RECORD_HEAD_BYTES; at < record.length; ) {
      const change = parsePageChange(record, at);
      if (change.isInFile) this.#find(change.page, lsn, checksumInFile(record, change));
      else this.#change(record, change, lsn);
      at = change.end;
    }
  }

  /** @throws CorruptDataError for a page that is not whole in the file, and not in the log */
  finish(): void {
    for (const error of this.#torn.values()) throw error;
  }

  #find(number: number, lsn: number, checksum: number): void {
    try {
      const page = this.#store.read(number);
      const found = pageLsn(page);
      if (found > lsn || (found === lsn && readU32(page, 0) === checksum)) return;
      const { path } = this.#store.file;
      const problem = `page ${number} is an older one, of record ${found}, the log says ${lsn}; the disk lost what was written, restore the file from a copy`;
      throw new CorruptDataError("DOCDB_PAGE_CORRUPT", path, number * page.length, problem);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      this.#torn.set(number, error);
    }
  }

  #change(record: Uint8Array, change: PageChange, lsn: number): void {
    const store = this.#store;
    const number = change.page;
    if (change.isFromZeros) this.#torn.delete(number);
    const torn = this.#torn.get(number);
    if (torn !== undefined) throw torn;
    const page = change.isFromZeros ? store.createZeroed(number) : store.read(number);
    applyPageChange(record, change, page);
    setPageLsn(page, lsn);
    store.cache.markDirty(number);
  }
}
