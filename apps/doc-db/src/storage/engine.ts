import { isMillraceError, MillraceError } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import { loadNames } from "../catalog-names.ts";
import { fail } from "../mql/error.ts";
import type { DatabaseOptions } from "../options.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Executor } from "./executor.ts";
import { GroupWriter } from "./group-writer.ts";
import { Health } from "./health.ts";
import type { Secret } from "./key-wrap.ts";
import { LongTransaction } from "./long-transaction.ts";
import { pageCountOf } from "./meta-page.ts";
import { type OpenStorage, openStorage } from "./open-storage.ts";
import { META_PAGE } from "./page-format.ts";
import type { PageReader } from "./page-reader.ts";
import type { PageSettings } from "./page-settings.ts";
import type { Moment } from "./page-versions.ts";
import type { PageWriter } from "./page-writer.ts";
import type { Pager } from "./pager.ts";
import type { Scratch } from "./scratch.ts";
import { TemporaryCipher } from "./temporary-cipher.ts";
import { Turns } from "./turns.ts";
import type { WriteClaim } from "./write-claim.ts";

/** A database file with its log: transactions one after the other, checkpoints, recovery. */
export class Engine implements Executor {
  readonly path: string;
  readonly pager: Pager;
  readonly #vfs: Vfs;
  readonly #scratchPath: string;
  readonly #release: () => Promise<void>;
  /** The file's header, copies and checkpoints. */
  readonly checkpoints: Checkpoints;
  readonly #temporaryCipher: TemporaryCipher | undefined;
  readonly #turns: Turns;
  readonly #health: Health;
  #closing: Promise<void> | undefined;
  readonly #writer: GroupWriter;
  /** Why a change within a change without waiting failed: it may have been done in part. */
  #failedWithin: unknown;
  readonly #durability: DatabaseOptions["durability"];
  readonly #listeners = new Set<() => void>();

  private constructor(
    path: string,
    { pager, header, cipher, scratchPath, release }: OpenStorage,
    options: Required<DatabaseOptions>,
  ) {
    this.path = path;
    this.#turns = new Turns(path, options.readOnly);
    this.#health = new Health(path);
    this.pager = pager;
    this.#scratchPath = scratchPath;
    this.#release = release;
    this.checkpoints = new Checkpoints(pager, header, cipher, options.checkpointBytes);
    this.#temporaryCipher = cipher === undefined ? undefined : new TemporaryCipher();
    this.#vfs = options.vfs;
    this.#durability = options.durability;
    // A sync is what they take, and pages as they are in memory.
    pager.placesNewPages = options.durability === "durable" && header.packed === undefined;
    this.#writer = new GroupWriter(pager, (error) => {
      if (error === undefined) this.#notify();
      else this.#health.note(error);
    });
  }

  get scratch(): Scratch {
    return { vfs: this.#vfs, path: this.#scratchPath, cipher: this.#temporaryCipher };
  }

  get cacheBytes(): number {
    return this.pager.store.cache.capacityBytes;
  }

  /** Opens, and recovers what the log holds beyond the file. @param settings - of a new file, before the options */
  static async open(
    path: string,
    options: Required<DatabaseOptions>,
    settings?: PageSettings,
  ): Promise<Engine> {
    const storage = await openStorage(path, options, settings);
    try {
      const engine = new Engine(path, storage, options);
      loadNames(storage.pager);
      if (storage.applied > 0) await engine.checkpoint();
      return engine;
    } catch (error) {
      await storage.abandon();
      throw error;
    }
  }

  /**
   * Runs a change as one transaction; those that are started in one turn of the event loop become one commit. One
   * that changes more than the cache holds is undone and run again as a long one.
   * @returns its result, once it is as safe as the durability says
   */
  async write<T>(change: (pager: PageWriter) => T, claim?: WriteClaim): Promise<T> {
    for (let wait = this.#obstacle(claim); wait !== undefined; wait = this.#obstacle(claim)) await wait;
    try {
      return await this.#writer.run(change);
    } catch (error) {
      this.#health.note(this.pager.store.failure);
      if (isMillraceError(error, "CACHE_ENTRIES_PINNED"))
        return this.writeLong(async () => change(this.pager), claim);
      throw error;
    }
  }

  /**
   * As {@link Engine.write} at once, on this thread. Within another one it becomes a part of that one.
   * @throws MillraceError `DOCDB_DATABASE_BUSY` while others write, and within a read
   */
  writeSync<T>(change: (pager: PageWriter) => T): T {
    const { pager, checkpoints } = this;
    const turns = this.#turns;
    if (turns.isChanging) return this.#withinChange(change);
    this.#health.check();
    turns.checkWritable(undefined);
    if (turns.isTaken || pager.wal.isWriting)
      throw this.#busy(
        "a transaction, an import or a change that others wait for goes on; write with the calls that wait, or later",
      );
    this.#writer.flush();
    this.#health.guardSync(() => {
      pager.releaseDurable();
      checkpoints.markOpenSync();
      if (pager.isCrowded) pager.wal.flushSync();
      if (checkpoints.isDue) checkpoints.runSync();
    });
    let result: T;
    turns.isChanging = true;
    this.#failedWithin = undefined;
    try {
      result = change(pager);
      if (this.#failedWithin !== undefined) throw this.#failedWithin;
    } catch (error) {
      pager.rollback();
      this.#health.note(pager.store.failure);
      throw error;
    } finally {
      turns.isChanging = false;
    }
    this.#health.guardSync(() => pager.commitSync());
    this.#notify();
    return result;
  }

  /**
   * Runs a change of any size as one transaction: nobody else reads or writes meanwhile.
   * @param change - must call `step` after each document, so that memory stays bounded
   */
  async writeLong<T>(
    change: (pager: PageWriter, step: () => void) => Promise<T>,
    claim?: WriteClaim,
  ): Promise<T> {
    const turns = this.#turns;
    for (let wait = turns.writerWait(claim); wait !== undefined; wait = turns.writerWait(claim)) await wait;
    return this.#alone(async () => {
      await this.#health.guard(() => this.checkpoints.run());
      const { pager } = this;
      pager.versions.forgetAll();
      pager.versions.advance();
      const transaction = await LongTransaction.begin(pager, this.#vfs, this.#temporaryCipher);
      let result: T;
      try {
        result = await change(pager, () => pager.endOperation());
        pager.endOperation();
      } catch (error) {
        await transaction.rollback();
        throw error;
      }
      await this.#health.guard(async () => {
        // Not before now: a change that fails leaves every file as it was.
        await this.checkpoints.markOpen();
        await transaction.commit();
      });
      this.#notify();
      await this.#health.guard(() => this.checkpoints.run());
      return result;
    });
  }

  /** Runs something that only reads; it sees whole transactions. */
  async read<T>(look: (pager: PageReader) => T): Promise<T> {
    this.#health.check();
    while (this.#isTaken) await this.#turns.exclusive;
    return this.readSync(look);
  }

  /** As {@link Engine.read} at once. @throws MillraceError `DOCDB_DATABASE_BUSY` during a long transaction */
  readSync<T>(look: (pager: PageReader) => T): T {
    this.#health.check();
    if (this.#isTaken)
      throw this.#busy("an import or another long change goes on; read with the calls that wait, or later");
    this.#turns.beginRead();
    try {
      return look(this.pager);
    } finally {
      // A read within a read must not give the pages back that the outer one still looks at.
      if (this.#turns.endRead()) this.pager.endOperation();
      this.#health.note(this.pager.store.failure);
    }
  }

  /** Whether somebody has the database for himself, and changes pages over several turns. */
  get #isTaken(): boolean {
    return this.pager.touched !== undefined && this.#turns.exclusive !== undefined;
  }

  /** Commits so far. */
  get commits(): number {
    return this.pager.versions.commits;
  }

  /** Calls back after each commit. @returns what ends that */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits until all that can be read by now is as safe as the durability says. */
  async settled(): Promise<void> {
    this.#writer.flush();
    const { wal, lastLsn } = this.pager;
    if (this.#durability === "durable" && wal.stats.durableLsn < lastLsn) await wal.flush();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Keeps what is committed now readable, until it is closed. */
  openMoment(): Moment {
    this.#health.check();
    if (this.#turns.isChanging) throw this.#busy("a change goes on; take a snapshot before or after it");
    this.#writer.flush();
    return this.pager.versions.open(this.pager, () =>
      fail(246, "snapshot", this.path, "one that is not too old, or overtaken by an import"),
    );
  }

  /** Makes the pages of a transaction those of the database, as one change. */
  writePages(pages: ReadonlyMap<number, Uint8Array>, claim: WriteClaim): Promise<void> {
    return this.write((pager) => {
      const count = pageCountOf(pager.read(META_PAGE));
      for (const [number, bytes] of pages) {
        this.pager.replace(number, bytes, number >= count);
        // As a long transaction it lets each page go that it is done with.
        if (pager.touched !== undefined) pager.endOperation();
      }
    }, claim);
  }

  /** Takes the right to write for a transaction over several calls. Readers go on; other writers wait. */
  claimWrites(): Promise<WriteClaim> {
    return this.#turns.claimWrites(this.#enter);
  }

  /** Writes all changed pages to their places and cuts the log. */
  checkpoint(): Promise<void> {
    return this.#alone(() => this.#health.guard(() => this.checkpoints.run()));
  }

  /** Has the file open by another secret from now on. @throws MillraceError `DOCDB_PASSWORD_UNUSED` */
  async rekey(secret: Secret): Promise<void> {
    this.#turns.checkOpenToWrite();
    const write = await this.checkpoints.rekey(secret);
    await this.#alone(() => this.#health.guard(write));
  }

  /** From now on nobody writes but whoever has the claim: the file follows another one. */
  follow(): WriteClaim {
    return this.#turns.follow();
  }

  /** Whether the file takes no writes: it follows another one, or was opened to be read. */
  get isReadOnly(): boolean {
    return this.#turns.isReadOnly;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    this.#health.isClosed = true;
    return this.#closing;
  }

  /**
   * What a change has to wait for, to come after others and to keep log and cache in bounds; undefined when it may
   * run, but only at once: after another turn of the event loop somebody else may have taken the database.
   */
  #obstacle(claim: WriteClaim | undefined): Promise<void> | undefined {
    this.#health.check();
    const wait = this.#turns.writerWait(claim);
    if (wait !== undefined) return wait;
    const { pager } = this;
    pager.releaseDurable();
    if (this.checkpoints.isClosed)
      return this.#alone(() => this.#health.guard(() => this.checkpoints.markOpen()));
    if (pager.isCrowded) {
      this.#writer.flush();
      return pager.wal.flush();
    }
    if (this.checkpoints.isDue) return this.checkpoint();
    return undefined;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.alone(this.#enter, work);
  }

  readonly #enter = (): void => {
    this.#health.check();
    this.#writer.flush();
  };

  #withinChange<T>(change: (pager: PageWriter) => T): T {
    try {
      return change(this.pager);
    } catch (error) {
      this.#failedWithin ??= error;
      throw error;
    }
  }

  #busy(what: string): MillraceError {
    return new MillraceError("DOCDB_DATABASE_BUSY", `${this.path}: ${what}`);
  }

  async #close(): Promise<void> {
    this.#writer.flush();
    while (this.#turns.exclusive !== undefined) await this.#turns.exclusive;
    const { wal, store } = this.pager;
    try {
      if (!this.#health.hasFailed) await this.#health.guard(() => this.checkpoints.run(true));
    } finally {
      await store.file.close();
      // What could not be made durable was reported to those who waited for it, or is by the checkpoint above.
      if (!this.#health.hasFailed) await wal.close();
      else await wal.close().catch(() => {});
      await this.#release();
    }
  }
}
