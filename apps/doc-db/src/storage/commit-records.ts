import { GrowableUint8 } from "@millrace/buffers";
import { markNeedsFile, RECORD_HEAD_BYTES, writeRecordHead } from "./commit-record.ts";
import type { FileCipher } from "./file-cipher.ts";
import { appendPageChange, appendPageInFile } from "./page-diff.ts";
import { setPageLsn } from "./page-format.ts";
import type { PageStore } from "./page-store.ts";
import type { PagerCounters } from "./pager.ts";

/** Bytes of one log record, about: a commit above that takes several. */
export const PART_BYTES: number = 1024 * 1024;
/** Records kept for the next commit. */
const KEPT_RECORDS = 4;
const EMPTY_HEAD = new Uint8Array(RECORD_HEAD_BYTES);

/** Makes the log's records of commits: a page as a whole the first time after a checkpoint, then what differs. */
export class CommitRecords {
  readonly #store: PageStore;
  readonly #databaseId: number;
  /** Encrypts the records. */
  readonly #cipher: FileCipher | undefined;
  readonly #counters: PagerCounters;
  /** Pages whose full image the log holds since the last checkpoint. */
  readonly #imaged = new Set<number>();
  readonly #records: GrowableUint8[] = [new GrowableUint8({ initialCapacity: 64 * 1024 })];

  constructor(store: PageStore, databaseId: number, cipher: FileCipher | undefined, counters: PagerCounters) {
    this.#store = store;
    this.#databaseId = databaseId;
    this.#cipher = cipher;
    this.#counters = counters;
  }

  /**
   * The records of a commit, valid until {@link CommitRecords.endCommit}.
   * @param changed - pages by their numbers, as they were before; new ones undefined
   * @param placed - those of them that are in the file
   * @param lsn - that the first record will have
   */
  ofCommit(
    changed: ReadonlyMap<number, Uint8Array | undefined>,
    placed: ReadonlySet<number>,
    lsn: number,
  ): Uint8Array[] {
    const { cache } = this.#store;
    let record = this.#emptyRecord(0);
    const records = [record];
    for (const number of placed) appendPageInFile(record, number, cache.peek(number)!);
    for (const [number, before] of changed) {
      if (placed.has(number)) continue;
      const page = cache.peek(number)!;
      setPageLsn(page, lsn);
      if (record.length > PART_BYTES) {
        record = this.#emptyRecord(records.length);
        records.push(record);
      }
      if (this.#imaged.has(number)) {
        appendPageChange(record, number, page, before);
        continue;
      }
      const start = record.length;
      appendPageChange(record, number, page, undefined);
      if (before !== undefined) this.#counters.imageBytes += record.length - start;
      this.#imaged.add(number);
    }
    const last = records.length - 1;
    const sealed = records.map((each, i) => this.seal(each, i === 0, i === last, lsn + i));
    if (placed.size > 0) markNeedsFile(sealed[0]!);
    return sealed;
  }

  /** The log has copied the records: all but some are let go. */
  endCommit(): void {
    if (this.#records.length > KEPT_RECORDS) this.#records.length = KEPT_RECORDS;
  }

  /** A record to append page changes to; {@link CommitRecords.seal} fills its head in. */
  newRecord(): GrowableUint8 {
    const record = new GrowableUint8({ initialCapacity: 4096 });
    record.pushMany(EMPTY_HEAD);
    return record;
  }

  /** Fills a record's head in, and encrypts the rest where the file is encrypted. @param lsn - that it will have */
  seal(record: GrowableUint8, isFirst: boolean, isLast: boolean, lsn: number): Uint8Array {
    const plain = record.view();
    writeRecordHead(plain, this.#databaseId, isFirst, isLast, this.#cipher !== undefined);
    const bytes = this.#cipher?.sealRecord(plain, lsn) ?? plain;
    this.#counters.loggedBytes += bytes.length;
    return bytes;
  }

  /** After a checkpoint: the log's next mention of any page must be a full image. */
  forgetImages(): void {
    this.#imaged.clear();
  }

  #emptyRecord(index: number): GrowableUint8 {
    const record =
      this.#records[index] ??
      new GrowableUint8({ initialCapacity: PART_BYTES + 2 * this.#store.pages.pageBytes });
    this.#records[index] = record;
    record.clear();
    record.pushMany(EMPTY_HEAD);
    return record;
  }
}
