import { setImmediate } from "node:timers/promises";
import type { Vfs } from "@millrace/files";
import { PART_BYTES } from "./commit-records.ts";
import { appendPageChange } from "./page-diff.ts";
import { setPageLsn } from "./page-format.ts";
import type { Pager } from "./pager.ts";
import { SpillFile } from "./spill-file.ts";
import type { TemporaryCipher } from "./temporary-cipher.ts";

/**
 * A transaction larger than the cache: changed pages that are evicted go to a spill file beside the database, and
 * the file itself is not touched before the commit is durable in the log.
 *
 * It begins right after a checkpoint, when the file holds all that is committed, and nobody else may write
 * meanwhile: so undoing it is forgetting the pages it changed.
 */
export class LongTransaction {
  readonly #pager: Pager;
  readonly #spill: SpillFile;
  readonly #touched: Set<number>;

  private constructor(pager: Pager, spill: SpillFile) {
    this.#pager = pager;
    this.#spill = spill;
    this.#touched = new Set();
    pager.touched = this.#touched;
    pager.store.spill = spill;
  }

  static async begin(pager: Pager, vfs: Vfs, cipher: TemporaryCipher | undefined): Promise<LongTransaction> {
    const { path, pageBytes } = pager;
    return new LongTransaction(pager, await SpillFile.create(vfs, path, pageBytes, cipher));
  }

  /**
   * Logs every changed page, in parts of bounded size, and then writes the spilled ones to the file.
   * A checkpoint must follow before anything else is changed.
   */
  async commit(): Promise<void> {
    const pager = this.#pager;
    const { store } = pager;
    const numbers = [...this.#touched].sort((a, b) => a - b);
    const spilled = new Uint8Array(pager.pageBytes);
    let record = pager.records.newRecord();
    let isFirst = true;
    for (const number of numbers) {
      const page = this.#pageOf(number, spilled);
      setPageLsn(page, pager.lastLsn + 1);
      appendPageChange(record, number, page, undefined);
      if (record.length < PART_BYTES) continue;
      await pager.wal.append(pager.records.seal(record, isFirst, false, pager.lastLsn + 1));
      pager.lastLsn++;
      record = pager.records.newRecord();
      isFirst = false;
    }
    await pager.wal.append(pager.records.seal(record, isFirst, true, pager.lastLsn + 1));
    pager.lastLsn++;
    await pager.wal.flush();
    pager.counters.commits++;
    pager.counters.loggedPages += numbers.length;
    let written = 0;
    for (const number of numbers) {
      if (store.cache.has(number)) continue;
      const page = this.#pageOf(number, spilled);
      setPageLsn(page, pager.lastLsn);
      store.write(number, page);
      if (++written % store.pages.pagesAtOnce === 0) await setImmediate();
    }
    await this.#end();
  }

  /** Forgets every change. */
  async rollback(): Promise<void> {
    this.#pager.endOperation();
    this.#pager.collections.clear();
    this.#pager.keptNames.clear();
    for (const number of this.#touched) this.#pager.store.drop(number);
    this.#pager.store.endOperation();
    await this.#end();
  }

  #pageOf(number: number, spilled: Uint8Array): Uint8Array {
    const cached = this.#pager.store.cache.peek(number);
    if (cached !== undefined) return cached;
    this.#spill.read(number, spilled);
    return spilled;
  }

  async #end(): Promise<void> {
    this.#pager.touched = undefined;
    this.#pager.store.spill = undefined;
    await this.#spill.remove();
  }
}
