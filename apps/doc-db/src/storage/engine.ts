import { assert, ClosedError, IoError, isMillraceError } from "@millrace/base";
import { fileError, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import type { DatabaseOptions } from "../options.ts";
import { createFile, encodeHeader, type Header, readHeader } from "./header.ts";
import { LongTransaction } from "./long-transaction.ts";
import { pageCountOf } from "./meta-page.ts";
import { beginLog, checkHeader, missingFile, missingLog, openLog } from "./open-files.ts";
import { META_PAGE, PAGE_BYTES } from "./page-format.ts";
import { PageStore } from "./page-store.ts";
import { Pager } from "./pager.ts";
import { recoverPages } from "./recovery.ts";
import { removeStaleSpill } from "./spill-file.ts";

/** Pages written at the same time by a checkpoint. */
const WRITES_AT_ONCE = 16;

/** A database file with its log: transactions one after the other, checkpoints, recovery. */
export class Engine {
  readonly path: string;
  readonly pager: Pager;
  readonly #vfs: Vfs;
  readonly #checkpointBytes: number;
  #header: Header;
  #failure: unknown;
  /** Bytes in the log at the last checkpoint. */
  #logBytesThen: number;
  /** Set while somebody has the database for himself. */
  #exclusive: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(path: string, pager: Pager, header: Header, options: Required<DatabaseOptions>) {
    this.path = path;
    this.pager = pager;
    this.#header = header;
    this.#vfs = options.vfs;
    this.#checkpointBytes = options.checkpointBytes;
    this.#logBytesThen = pager.wal.stats.bytes;
  }

  /** Opens, and recovers what the log holds beyond the file. */
  static async open(path: string, options: Required<DatabaseOptions>): Promise<Engine> {
    const { vfs } = options;
    const logDirectory = `${path}-wal`;
    const isThere = await vfs.exists(path);
    // A file that is no database is refused before anything is made beside it.
    if (isThere) await checkHeader(vfs, path);
    else if (!options.create) throw fileError("FILES_NOT_FOUND", path, "open");
    // The log would make directories that are missing; more likely the path is wrong.
    else await vfs.list(parentPath(path));
    const wal = await openLog(vfs, logDirectory, path, options.durability);
    let file: VfsFile | undefined;
    try {
      // Looked at again, now that the lock is held.
      if (!(await vfs.exists(path))) {
        if (wal.stats.nextLsn > 1) throw missingFile(path, logDirectory);
        await createFile(vfs, path, parentPath(path));
      }
      await removeStaleSpill(vfs, path);
      file = await vfs.open(path, "r+");
      let header = await readHeader(file);
      if (wal.stats.nextLsn === 1 && header.isClosed) header = await beginLog(file, header);
      else if (wal.stats.nextLsn <= Math.max(1, header.checkpointLsn))
        throw missingLog(path, logDirectory, header, wal);
      const store = new PageStore(file, options.cacheBytes);
      const applied = await recoverPages(store, wal, header.databaseId, header.checkpointLsn);
      const engine = new Engine(path, new Pager(store, wal, header.databaseId), header, options);
      if (applied > 0) await engine.checkpoint();
      return engine;
    } catch (error) {
      await file?.close();
      // The log's own error would only hide this one.
      await wal.close().catch(() => {});
      throw error;
    }
  }

  /**
   * Runs a change as one transaction; one that changes more than the cache holds is undone and run again as a long one.
   * @returns its result, once it is as safe as the durability says
   */
  async write<T>(change: (pager: Pager) => T): Promise<T> {
    for (let wait = this.#obstacle(); wait !== undefined; wait = this.#obstacle()) await wait;
    const { pager } = this;
    let result: T;
    try {
      result = change(pager);
    } catch (error) {
      pager.rollback();
      this.#failure ??= pager.store.failure;
      if (isMillraceError(error, "CACHE_ENTRIES_PINNED")) return this.writeLong(async () => change(pager));
      throw error;
    }
    try {
      await pager.commit();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    return result;
  }

  /**
   * Runs a change of any size as one transaction: nobody else reads or writes meanwhile.
   * @param change - must call `step` after each document, so that memory stays bounded
   */
  async writeLong<T>(change: (pager: Pager, step: () => void) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      await this.#checkpoint();
      const { pager } = this;
      const transaction = await LongTransaction.begin(pager, this.#vfs);
      let result: T;
      try {
        result = await change(pager, () => pager.endOperation());
        pager.endOperation();
      } catch (error) {
        await transaction.rollback();
        throw error;
      }
      try {
        // Not before now: a change that fails leaves every file as it was.
        await this.#markOpen();
        await transaction.commit();
      } catch (error) {
        this.#failure ??= error;
        throw error;
      }
      await this.#checkpoint();
      return result;
    });
  }

  /** Runs something that only reads; it sees whole transactions. */
  async read<T>(look: (pager: Pager) => T): Promise<T> {
    this.#checkUsable();
    while (this.pager.touched !== undefined && this.#exclusive !== undefined) await this.#exclusive;
    this.#checkUsable();
    try {
      return look(this.pager);
    } finally {
      this.pager.endOperation();
      this.#failure ??= this.pager.store.failure;
    }
  }

  /** Writes all changed pages to their places and cuts the log. */
  checkpoint(): Promise<void> {
    return this.#alone(() => this.#checkpoint());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * What a change has to wait for, to come after others and to keep log and cache in bounds; undefined when it may
   * run, but only at once: after another turn of the event loop somebody else may have taken the database.
   */
  #obstacle(): Promise<void> | undefined {
    this.#checkUsable();
    if (this.#exclusive !== undefined) return this.#exclusive;
    const { pager } = this;
    pager.releaseDurable();
    if (this.#header.isClosed) return this.#alone(() => this.#markOpen());
    if (pager.isCrowded) return pager.wal.flush();
    if (pager.wal.stats.bytes - this.#logBytesThen > this.#checkpointBytes) return this.checkpoint();
    return undefined;
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    this.#checkUsable();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exclusive = promise;
    try {
      return await work();
    } finally {
      this.#exclusive = undefined;
      resolve();
    }
  }

  /** Before the first change: from here on the file is not whole without its log, which must not be empty then. */
  async #markOpen(): Promise<void> {
    if (!this.#header.isClosed) return;
    const { pager } = this;
    try {
      await pager.wal.append(pager.sealRecord(pager.newRecord(), true, true));
      pager.lastLsn++;
      await pager.wal.flush();
      await this.#writeHeader(this.#header.pageCount, false);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async #checkpoint(isClosing = false): Promise<void> {
    const { pager } = this;
    const { store, wal } = pager;
    const isClean = store.cache.statistics.dirty === 0 && pager.lastLsn === this.#header.checkpointLsn;
    if (isClean && (!isClosing || this.#header.isClosed)) return;
    const { lastLsn } = pager;
    try {
      // The log first: a page must not be in the file before its log is durable.
      await wal.flush();
      pager.releaseDurable();
      const dirty = store.cache.dirtyKeys();
      for (let i = 0; i < dirty.length; i += WRITES_AT_ONCE) {
        await Promise.all(dirty.slice(i, i + WRITES_AT_ONCE).map((number) => this.#writePage(number)));
      }
      // The pages before the header that says they are there, the header before the log is cut.
      await store.file.sync();
      assert(pager.lastLsn === lastLsn, "nothing is changed during a checkpoint");
      await this.#writeHeader(pageCountOf(pager.read(META_PAGE)), isClosing);
      pager.endOperation();
      pager.forgetImages();
      await wal.truncateBefore(pager.lastLsn + 1);
      this.#logBytesThen = wal.stats.bytes;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async #writePage(number: number): Promise<void> {
    const { cache } = this.pager.store;
    // Evicted meanwhile, it was written then.
    const page = cache.peek(number);
    if (page === undefined) return;
    cache.pin(number);
    try {
      await this.pager.store.write(number, page);
      cache.markClean(number);
    } finally {
      cache.unpin(number);
    }
  }

  async #writeHeader(pageCount: number, isClosed: boolean): Promise<void> {
    const { file } = this.pager.store;
    const sequence = this.#header.sequence + 1;
    const header = { ...this.#header, sequence, checkpointLsn: this.pager.lastLsn, pageCount, isClosed };
    await file.write(encodeHeader(header), (sequence % 2) * PAGE_BYTES);
    await file.sync();
    this.#header = header;
  }

  async #close(): Promise<void> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    const { wal, store } = this.pager;
    try {
      if (this.#failure === undefined) await this.#checkpoint(true);
    } finally {
      await store.file.close();
      // What could not be made durable was reported to those who waited for it, or is by the checkpoint above.
      if (this.#failure === undefined) await wal.close();
      else await wal.close().catch(() => {});
    }
  }

  #checkUsable(): void {
    if (this.#closing !== undefined)
      throw new ClosedError("DOCDB_DATABASE_CLOSED", `the database ${this.path}`);
    if (this.#failure === undefined) return;
    throw new IoError(
      "DOCDB_DATABASE_FAILED",
      this.path,
      "write",
      "an earlier write or sync failed, so nothing more is accepted; cure the cause, close the database and open it again",
      { cause: this.#failure },
    );
  }
}
