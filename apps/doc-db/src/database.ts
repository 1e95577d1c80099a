import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { type AggregateOptions, AggregationCursor } from "./aggregation-cursor.ts";
import { checkCollectionName, findCollection } from "./catalog.ts";
import { ChangeReader, type ChangeReaderOptions, type ChangeScope } from "./changes/change-reader.ts";
import { createFeed, DEFAULT_FEED_CHANGES } from "./changes/feed.ts";
import { startTrigger, type Trigger, type TriggerSpec } from "./changes/trigger.ts";
import { Collection } from "./collection.ts";
import { runCommand } from "./command/run-command.ts";
import type { CommandTarget } from "./command/target.ts";
import { withTimeLimit } from "./command/time-limit.ts";
import { type DatabaseStats, statsOf } from "./database-stats.ts";
import type { Document } from "./document/value.ts";
import { removeExpired, watchExpiry } from "./expiry.ts";
import { type BackupResult, copyDatabase, type OpenTarget } from "./maintenance/backup.ts";
import { checkPages } from "./maintenance/check-pages.ts";
import { type CopyOptions, copySettings } from "./maintenance/copy-settings.ts";
import { type RescueResult, rescueDatabase } from "./maintenance/rescue-database.ts";
import { DEFAULT_DATABASE, namespaceOf, storedName } from "./names.ts";
import { checkSecret, type DatabaseOptions, resolveDatabaseOptions, type SecretOptions } from "./options.ts";
import type { ReportBytes } from "./report-bytes.ts";
import { Follower, isReplica } from "./ship/follower.ts";
import { resolveShipOptions } from "./ship/options.ts";
import { Shipper } from "./ship/shipper.ts";
import { openShipTarget } from "./ship/target.ts";
import { Engine } from "./storage/engine.ts";
import { hasSecret } from "./storage/key-wrap.ts";
import type { PageSettings } from "./storage/page-settings.ts";
import { Snapshot, Transaction } from "./transaction.ts";
import { verifyCollections } from "./verify.ts";

/** How a replica is opened: as a database, and how often it looks for what is new. */
export interface ReplicaOptions extends Omit<DatabaseOptions, "ship" | "create"> {
  /** Milliseconds between two looks at the target. @default 1000 */
  readonly pollMs?: number;
}

const DEFAULT_POLL_MS = 1000;

/**
 * A document database in one file, with its log beside it: `NAME.db` and `NAME.db-wal/`.
 *
 * One process has it open at a time. The byte layout and the promises are in docs/formats/doc-db.md.
 *
 * @example
 * await using db = await Database.open("people.db");
 * await db.collection("people").insertOne({ name: "Ada", born: 1815 });
 */
export class Database {
  readonly path: string;
  readonly #engine: Engine;

  readonly #clock: () => Date;
  readonly #stopExpiry: () => Promise<void>;
  readonly #shipper: Shipper | undefined;
  readonly #follower: Follower | undefined;

  private constructor(
    engine: Engine,
    { expiryIntervalMs, clock, ship, vfs }: Required<DatabaseOptions>,
    follower?: Follower,
  ) {
    this.path = engine.path;
    this.#engine = engine;
    this.#clock = clock;
    this.#follower = follower;
    if (ship !== undefined) {
      const options = resolveShipOptions(ship);
      this.#shipper = new Shipper(engine, openShipTarget(options.to, vfs), options, clock);
    }
    this.#stopExpiry =
      expiryIntervalMs === 0 || engine.isReadOnly
        ? () => Promise.resolve()
        : watchExpiry(engine, expiryIntervalMs, clock);
  }

  /**
   * Opens a database, making it where it is missing, and brings it up to the last commit in its log.
   * @throws MillraceError `DOCDB_DATABASE_LOCKED` when another process or handle has it open
   * @throws MillraceError `DOCDB_PASSWORD_MISSING`, `DOCDB_PASSWORD_WRONG` for an encrypted one
   * @throws CorruptDataError for a file that is no database, of another version, cut off or damaged
   */
  static async open(path: string, options?: DatabaseOptions): Promise<Database> {
    return Database.#open(path, options, undefined);
  }

  static async #open(
    path: string,
    options: DatabaseOptions | undefined,
    settings: PageSettings | undefined,
  ): Promise<Database> {
    const resolved = resolveDatabaseOptions(options);
    // Before anything is opened that would have to be closed.
    if (resolved.ship !== undefined) openShipTarget(resolveShipOptions(resolved.ship).to, resolved.vfs);
    const engine = await Engine.open(path, resolved, settings);
    // A replica is read; what was written to it would be lost with the next commit that it gets.
    if (await isReplica(engine)) engine.follow();
    return new Database(engine, resolved);
  }

  /**
   * Opens a file that follows another database by what that one ships; it is made when it is missing. It is read only,
   * and reads see whole transactions.
   * @param target - a directory, or "s3://BUCKET/PREFIX"
   * @param pollMs - milliseconds between two looks
   * @throws MillraceError `DOCDB_SHIP_MISSING`, `DOCDB_REPLICA_FOREIGN`
   */
  static async follow(
    target: string,
    path: string,
    { pollMs = DEFAULT_POLL_MS, ...options }: ReplicaOptions = {},
  ): Promise<Database> {
    checkInteger("docdb", "pollMs", pollMs, 1, 2 ** 31 - 1);
    const resolved = resolveDatabaseOptions(options);
    const follower = await Follower.open(openShipTarget(target, resolved.vfs), path, resolved, pollMs);
    return new Database(follower.engine, resolved, follower);
  }

  /** Ships what is committed by now, or takes in what was shipped by now. @throws what the target answers */
  async sync(): Promise<void> {
    await this.#shipper?.shipNow();
    await this.#follower?.followNow();
  }

  /** A collection by name. @throws InvalidArgumentError `DOCDB_COLLECTION_NAME` */
  collection(name: string, within: Transaction | Snapshot | undefined = undefined): Collection {
    return new Collection(within ?? this.#engine, checkCollectionName(name));
  }

  /**
   * Makes a collection before its first document, with what MongoDB's `create` takes, `foreignKeys` and `checks`.
   * @throws LanguageError 48 when it is there
   */
  async createCollection(name: string, options: Document = {}): Promise<Collection> {
    const { database, collection } = namespaceOf(checkCollectionName(name));
    await this.command({ create: collection, ...options }, database);
    return this.collection(name);
  }

  /** Whether there is a collection of that name in the file. */
  async hasCollection(name: string): Promise<boolean> {
    return this.#engine.read((pager) => findCollection(pager, checkCollectionName(name)) !== undefined);
  }

  /**
   * Runs one of MongoDB's commands.
   * @param database - collections of `test` have their own name in the file, those of others `DATABASE.NAME`
   * @throws LanguageError with MongoDB's number
   * @example
   * await db.command({ createIndexes: "people", indexes: [{ key: { born: -1 }, name: "born" }] });
   */
  command(
    command: Document,
    database: string = DEFAULT_DATABASE,
    within?: Transaction | Snapshot,
  ): Promise<Document> {
    return runCommand(withTimeLimit(this.target(database, within), command), command);
  }

  /** Where commands run, for what takes them from elsewhere: a server. */
  target(database: string, within?: Transaction | Snapshot): CommandTarget {
    return { engine: within ?? this.#engine, database };
  }

  /**
   * Runs a pipeline on a collection as commands name it.
   * @param database - as {@link Database.command} has it
   */
  aggregate(
    database: string,
    collection: string,
    pipeline: readonly Document[],
    options: Partial<AggregateOptions> = {},
    within?: Transaction | Snapshot,
  ): AggregationCursor {
    const { hint, collation, memoryBytes } = options;
    const given = {
      ...(hint === undefined ? {} : { hint }),
      ...(collation === undefined ? {} : { collation }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    };
    const name = checkCollectionName(storedName(database, collection));
    return new AggregationCursor(within ?? this.#engine, name, pipeline, { ...given, database });
  }

  /**
   * Reads changes as they are committed, or from a token on. The first reader of a file makes it keep its changes.
   * @param scope - whose changes; a collection by the names of commands, with its database
   * @param pipeline - stages that take events one by one, `$match` and `$project` among them
   * @throws LanguageError 260 and 286 for a token that is not, or no more, of this file
   */
  watch(
    scope: ChangeScope = {},
    pipeline: readonly Document[] = [],
    options?: ChangeReaderOptions,
  ): Promise<ChangeReader> {
    return ChangeReader.open(this.#engine, scope, pipeline, options);
  }

  /** As {@link startTrigger}: does something after each committed change. */
  trigger(spec: TriggerSpec): Promise<Trigger> {
    return startTrigger(this, spec);
  }

  /** Makes the file keep its changes from now on. @param changes - how many; the oldest go first */
  async enableChanges(changes: number = DEFAULT_FEED_CHANGES): Promise<void> {
    checkInteger("docdb", "changes", changes, 1, Number.MAX_SAFE_INTEGER);
    await this.#engine.write((pager) => createFeed(pager, changes));
  }

  /**
   * Begins a transaction over several calls; whoever begins it must commit or abort it.
   * @example
   * const transaction = db.transaction();
   * await db.collection("people", transaction).insertOne({ name: "Ada" });
   * await transaction.commit();
   */
  transaction(): Transaction {
    return new Transaction(this.#engine);
  }

  /**
   * Runs changes without waiting as one transaction: all that the calls with `Sync` do in it, or nothing if it throws.
   * One of them that fails undoes all, though its error be caught.
   * @param work - must not wait
   * @throws MillraceError `DOCDB_DATABASE_BUSY` while others write
   * @example
   * db.transactSync(() => {
   *   from.updateOneSync({ _id: 1 }, { $inc: { amount: -5 } });
   *   to.updateOneSync({ _id: 2 }, { $inc: { amount: 5 } });
   * });
   */
  transactSync<T>(work: () => T): T {
    return this.#engine.writeSync(() => {
      const result = work();
      if (result instanceof Promise)
        throw new InvalidArgumentError(
          "DOCDB_SYNC_UNSUPPORTED",
          "transactSync",
          "a promise",
          "work that does not wait",
        );
      return result;
    });
  }

  /** One moment of the database to be read, however it goes on; whoever has it must close it. */
  snapshot(): Snapshot {
    return new Snapshot(this.#engine);
  }

  stats(): Promise<DatabaseStats> {
    return statsOf(this.#engine, this.#shipper?.stats, this.#follower?.stats);
  }

  /** Compares all indexes and counts with the documents. @returns what is wrong, a sentence each */
  verify(): Promise<string[]> {
    return this.#engine.read(verifyCollections);
  }

  /**
   * Reads every page of the file and checks it.
   * @param onProgress - told how many bytes of all were looked at
   * @returns what is wrong, a sentence each
   */
  async checkPages(signal?: AbortSignal, onProgress?: ReportBytes): Promise<string[]> {
    const problems = await this.#engine.read(() => this.#engine.pager.store.pages.check());
    return [...problems, ...(await checkPages(this.#engine, signal, onProgress))];
  }

  /**
   * Writes this moment to a new file, without holes, while others go on to read and write.
   * @param pages - how its pages are written, where not as those of this file, and who is told how far it is
   * @throws MillraceError `DOCDB_BACKUP_EXISTS`; LanguageError 246 when so much was changed meanwhile that the moment is gone
   */
  async backup(path: string, signal?: AbortSignal, pages: CopyOptions = {}): Promise<BackupResult> {
    const { vfs } = this.#engine.scratch;
    const settings = await copySettings(this.#engine.checkpoints.pageSettings, pages);
    const snapshot = this.snapshot();
    try {
      const openTarget = (part: string): ReturnType<OpenTarget> => Database.#openCopy(part, vfs, settings);
      return await copyDatabase(snapshot, vfs, path, openTarget, signal, pages.onProgress);
    } finally {
      snapshot.close();
    }
  }

  /**
   * Saves what can be read of this database to a new file: documents by collection, those whose collection cannot be
   * told any more as `lost_and_found`, and indexes, made anew.
   * @param onProgress - told how many bytes of all were looked at
   * @returns what was saved, and what could not be read
   */
  async rescue(path: string, signal?: AbortSignal, onProgress?: ReportBytes): Promise<RescueResult> {
    const { vfs } = this.#engine.scratch;
    const settings = this.#engine.checkpoints.pageSettings;
    const openTarget = (part: string): ReturnType<OpenTarget> => Database.#openCopy(part, vfs, settings);
    return rescueDatabase(this.#engine, vfs, path, openTarget, signal, onProgress);
  }

  /**
   * Gives an encrypted file another password or key. What was encrypted stays as it is: a copy of the file from before
   * still opens with the old one.
   * @throws MillraceError `DOCDB_PASSWORD_UNUSED` for a file that is not encrypted
   * @example
   * await db.rekey({ password: "a new one" });
   */
  async rekey(secret: SecretOptions): Promise<void> {
    checkSecret(secret);
    if (!hasSecret(secret))
      throw new InvalidArgumentError("DOCDB_OPTION_VALUE", "docdb rekey", "nothing", "a password or key");
    await this.#engine.rekey(secret);
  }

  /** A file that nobody uses before it is closed. */
  static async #openCopy(
    path: string,
    vfs: DatabaseOptions["vfs"] & object,
    settings: PageSettings,
  ): Promise<{ database: Database; engine: Engine }> {
    const options = { vfs, durability: "memory", expiryIntervalMs: 0 } as const;
    const database = await Database.#open(path, options, settings);
    return { database, engine: database.#engine };
  }

  /** Takes out what has expired by now, which is done again and again anyway. @returns how many documents */
  removeExpired(): Promise<number> {
    return removeExpired(this.#engine, this.#clock());
  }

  /** Writes all changed pages to their places in the file, durably, and cuts the log. */
  async checkpoint(): Promise<void> {
    await this.#engine.checkpoint();
  }

  /** Makes everything durable and closes; a second call does nothing more. */
  async close(): Promise<void> {
    await this.#stopExpiry();
    await this.#shipper?.close();
    await this.#follower?.close();
    await this.#engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
