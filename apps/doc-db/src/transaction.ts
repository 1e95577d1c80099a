/** Transactions over several calls, and reads of one moment. */
import { fail } from "./mql/error.ts";
import type { Engine } from "./storage/engine.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { Moment } from "./storage/page-versions.ts";
import type { PageWriter } from "./storage/page-writer.ts";
import type { Scratch } from "./storage/scratch.ts";
import { TransactionPages } from "./storage/transaction-pages.ts";
import type { WriteClaim } from "./storage/write-claim.ts";

/**
 * Reads one moment of the database, and writes to pages of its own until it is committed. One transaction writes at a
 * time: with its first change it waits for the others. Readers outside see what is committed, and never wait.
 */
export class Transaction implements Executor {
  readonly #engine: Engine;
  readonly #moment: Moment;
  #pages: TransactionPages | undefined;
  #claim: WriteClaim | undefined;
  #isOver = false;
  readonly #savepoints: string[] = [];
  /** One change after the other, though many be started at once. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#moment = engine.openMoment();
  }

  get cacheBytes(): number {
    return this.#engine.cacheBytes;
  }

  get scratch(): Scratch {
    return this.#engine.scratch;
  }

  /** Whether it was committed or taken back. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async read<T>(look: (pager: PageReader) => T): Promise<T> {
    this.#checkOpen();
    return this.#engine.read(() => look(this.#pages ?? this.#moment));
  }

  readSync<T>(look: (pager: PageReader) => T): T {
    this.#checkOpen();
    return this.#engine.readSync(() => look(this.#pages ?? this.#moment));
  }

  write<T>(change: (pager: PageWriter) => T): Promise<T> {
    return this.writeLong(async (pager) => change(pager));
  }

  writeSync(): never {
    return fail(20, "transaction", this.#engine.path, "writes with the calls that wait");
  }

  /** @throws LanguageError 112 when another one has written since the transaction began */
  writeLong<T>(change: (pager: PageWriter, step: () => void) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const pages = await this.#writable();
      // Refused after a failure: a page that could not be written back may be lost, and an older one stand for it.
      await this.#engine.read(() => {});
      pages.push();
      try {
        const result = await change(pages, () => {});
        pages.merge();
        return result;
      } catch (error) {
        pages.pop();
        throw error;
      } finally {
        await this.#engine.read(() => {});
      }
    };
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Marks a place to go back to. */
  async savepoint(name: string): Promise<void> {
    await this.#last;
    (await this.#writable()).push();
    this.#savepoints.push(name);
  }

  /** Takes back what was changed since a savepoint, which stays. @throws LanguageError 2 when there is none */
  async rollbackTo(name: string): Promise<void> {
    await this.#last;
    const at = this.#placeOf(name);
    const pages = await this.#writable();
    for (let i = this.#savepoints.length; i > at; i--) pages.pop();
    this.#savepoints.length = at + 1;
    pages.push();
  }

  /** Forgets a savepoint and those behind it; the changes stay. */
  async release(name: string): Promise<void> {
    await this.#last;
    const at = this.#placeOf(name);
    const pages = await this.#writable();
    for (let i = this.#savepoints.length; i > at; i--) pages.merge();
    this.#savepoints.length = at;
  }

  /** Makes all changes at once, as safe as is promised. */
  async commit(): Promise<void> {
    await this.#last;
    this.#checkOpen();
    this.#isOver = true;
    try {
      const pages = this.#pages;
      if (pages === undefined) return;
      while (pages.depth > 1) pages.merge();
      await this.#engine.writePages(pages.changed, this.#claim!);
    } finally {
      this.#end();
    }
  }

  /** Forgets all changes. */
  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#last;
    this.#end();
  }

  #end(): void {
    this.#pages = undefined;
    this.#moment.close();
    this.#claim?.release();
  }

  async #writable(): Promise<TransactionPages> {
    this.#checkOpen();
    if (this.#pages !== undefined) return this.#pages;
    const claim = await this.#engine.claimWrites();
    if (this.#isOver || this.#engine.commits !== this.#moment.commits || !this.#moment.isThere) {
      claim.release();
      return fail(112, "transaction", this.#engine.path, "no other write since it began; begin it again");
    }
    this.#claim = claim;
    this.#pages = new TransactionPages(this.#engine.pager);
    return this.#pages;
  }

  #placeOf(name: string): number {
    const at = this.#savepoints.lastIndexOf(name);
    return at >= 0 ? at : fail(2, "savepoint", name, "a savepoint that there is");
  }

  #checkOpen(): void {
    if (this.#isOver) fail(251, "transaction", this.#engine.path, "one that is not over");
  }
}

/** Reads one moment of the database; whoever has it must close it. */
export class Snapshot implements Executor {
  readonly #engine: Engine;
  readonly #moment: Moment;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#moment = engine.openMoment();
  }

  get cacheBytes(): number {
    return this.#engine.cacheBytes;
  }

  get scratch(): Scratch {
    return this.#engine.scratch;
  }

  read<T>(look: (pager: PageReader) => T): Promise<T> {
    return this.#engine.read(() => look(this.#moment));
  }

  readSync<T>(look: (pager: PageReader) => T): T {
    return this.#engine.readSync(() => look(this.#moment));
  }

  write(): Promise<never> {
    return fail(20, "snapshot", this.#engine.path, "no writes");
  }

  writeSync(): never {
    return fail(20, "snapshot", this.#engine.path, "no writes");
  }

  writeLong(): Promise<never> {
    return this.write();
  }

  close(): void {
    this.#moment.close();
  }
}
