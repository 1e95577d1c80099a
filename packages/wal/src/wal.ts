import {
  CapacityError,
  ClosedError,
  checkInteger,
  InvalidArgumentError,
  IoError,
  MillraceError,
} from "@millrace/base";
import { type Durability, joinPath, makeDurableDirectory, type Vfs, type VfsLock } from "@millrace/files";
import { GroupCommit } from "./group-commit.ts";
import { resolveWalOptions, type WalOptions } from "./options.ts";
import { readRecords, type WalRecord } from "./reader.ts";
import { recoverLog } from "./recover.ts";
import { listSegments } from "./segment.ts";
import { SegmentWriter } from "./writer.ts";

/** A log's state and counters at one moment. */
export interface WalStats {
  /** The lowest lsn that can be read; `nextLsn` for an empty log. */
  readonly firstLsn: number;
  /** What the next record gets. */
  readonly nextLsn: number;
  /** Every record up to this one survives power loss. */
  readonly durableLsn: number;
  readonly segments: number;
  /** Bytes of headers and records in all segments; zeros written ahead do not count. */
  readonly bytes: number;
  /** Batches written since the log was opened: records divided by this is what group commit saves. */
  readonly batches: number;
  /** fdatasync calls on segments since the log was opened. */
  readonly syncs: number;
}

/**
 * A write-ahead log: records of bytes in order, kept through crashes.
 *
 * Each record gets the next lsn: 1, 2, 3 … without holes. Records that come in while a batch is being made durable
 * form the next batch, so that many writers share one sync. The byte layout is in docs/formats/wal.md.
 *
 * @example
 * await using wal = await Wal.open(diskVfs, "data/log");
 * const lsn = await wal.append(new TextEncoder().encode("hello"));
 * for await (const record of wal.read(lsn)) console.log(record.lsn, record.payload);
 */
export class Wal {
  readonly directory: string;
  readonly durability: Durability;
  readonly #vfs: Vfs;
  readonly #lock: VfsLock;
  readonly #writer: SegmentWriter;
  readonly #maxRecordBytes: number;
  readonly #commits: GroupCommit;
  #truncation: Promise<void> = Promise.resolve();
  /** Those that are under way. */
  #truncations = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    vfs: Vfs,
    directory: string,
    options: Required<WalOptions>,
    lock: VfsLock,
    writer: SegmentWriter,
  ) {
    this.#vfs = vfs;
    this.directory = directory;
    this.durability = options.durability;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#lock = lock;
    this.#writer = writer;
    this.#commits = new GroupCommit(writer, options.durability, options.syncIntervalMs);
  }

  /**
   * Opens the log in `directory`, making it where it is missing, and repairs what a crash left behind. Every record
   * is checked, so this takes time in proportion to the log.
   *
   * @throws IoError `FILES_LOCKED` when it is open already, here or in another process
   * @throws CorruptDataError for damage that no crash explains, with file and offset; nothing is changed then
   */
  static async open(vfs: Vfs, directory: string, options?: WalOptions): Promise<Wal> {
    const filled = resolveWalOptions(options);
    await makeDurableDirectory(vfs, directory);
    const lock = await vfs.lock(joinPath(directory, "writer.lock"));
    try {
      const segments = await listSegments(vfs, directory);
      const { nextLsn, usedBytes } = await recoverLog(vfs, segments, filled.firstLsn);
      // A name that an earlier process could not make durable must be, before records are acknowledged in it.
      await vfs.syncDirectory(directory);
      const listed = segments.map((segment, i) => ({ ...segment, usedBytes: usedBytes[i]! }));
      const writer = new SegmentWriter(vfs, directory, filled.segmentBytes, listed, nextLsn - 1);
      await writer.resume();
      return new Wal(vfs, directory, filled, lock, writer);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Appends one record, which may be empty; it is copied before this returns.
   * @param after - what has to be done before it is written: records that come later are written after it all the same.
   *   Where that fails, the log has failed
   * @returns its lsn, once the record is as safe as `durability` says
   * @throws CapacityError `WAL_RECORD_TOO_LARGE`
   * @throws IoError when the disk refused: the record may or may not be there after the log is opened again, and
   *   `WAL_LOG_FAILED` for every append after that
   */
  async append(record: Uint8Array, after?: Promise<unknown>): Promise<number> {
    this.#checkRecord(record);
    this.#checkUsable();
    return this.#commits.append([record], after);
  }

  /**
   * Appends records that get consecutive lsns. They are no unit: a crash may keep a beginning of them.
   * @param after - as {@link append} has it
   * @returns the lsn of the last one, once all are as safe as `durability` says
   * @throws as {@link append} does; none is appended when one is too large
   */
  async appendMany(records: readonly Uint8Array[], after?: Promise<unknown>): Promise<number> {
    for (const record of records) this.#checkRecord(record);
    this.#checkUsable();
    return this.#commits.append(records, after);
  }

  /**
   * {@link appendMany} at once, on this thread: records that wait to be written go with them.
   * @throws MillraceError `WAL_LOG_BUSY` while earlier records are on their way to the disk: wait for their appends
   */
  appendSync(records: readonly Uint8Array[]): number {
    for (const record of records) this.#checkRecord(record);
    this.#checkIdle();
    return this.#commits.appendNow(records);
  }

  /** {@link flush} at once. @throws as {@link appendSync} does */
  flushSync(): void {
    this.#checkIdle();
    this.#commits.appendNow([], true);
  }

  /** Whether records are on their way to the disk, so that the calls with `Sync` refuse. */
  get isWriting(): boolean {
    return this.#commits.isWriting || this.#truncations > 0;
  }

  /** Makes everything appended so far durable on disk, whatever the log's durability. */
  async flush(): Promise<void> {
    this.#checkUsable();
    await this.#commits.flush();
  }

  /**
   * Reads the records from `fromLsn` on that were appended before this call.
   * @param fromLsn - from the first one there is, when it is left out
   * @throws InvalidArgumentError `WAL_LSN_GONE` when that record was removed by truncateBefore
   */
  async *read(fromLsn: number = this.stats.firstLsn): AsyncGenerator<WalRecord, void, undefined> {
    this.#checkOpen();
    checkInteger("wal", "fromLsn", fromLsn, 0, Number.MAX_SAFE_INTEGER);
    const { firstLsn } = this.stats;
    if (fromLsn < firstLsn) {
      throw new InvalidArgumentError(
        "WAL_LSN_GONE",
        "wal fromLsn",
        fromLsn,
        `at least ${firstLsn}, the first there is`,
      );
    }
    await this.#commits.settle();
    const lastLsn = Math.min(this.#commits.acknowledgedLsn, this.#writer.writtenLsn);
    yield* readRecords(this.#vfs, [...this.#writer.segments], fromLsn, lastLsn + 1);
  }

  /**
   * Removes whole segments whose records all lie before `lsn`, oldest first; the segment being written stays. So
   * some records before `lsn` usually stay, and a crash during this call may leave more of them.
   */
  async truncateBefore(lsn: number): Promise<void> {
    checkInteger("wal", "lsn", lsn, 0, Number.MAX_SAFE_INTEGER);
    this.#checkUsable();
    const truncation = this.#truncation.then(() => this.#truncateBefore(lsn));
    this.#truncation = truncation.catch(() => {});
    this.#truncations++;
    try {
      await truncation;
    } finally {
      this.#truncations--;
    }
  }

  /**
   * Removes all records, whatever they are; the log goes on with the next lsn, and opening it takes no time then.
   * Nothing may be appended meanwhile.
   */
  async clear(): Promise<void> {
    this.#checkUsable();
    await this.flush();
    await this.#writer.begin();
    await this.truncateBefore(this.stats.nextLsn);
  }

  /** {@link truncateBefore} at once. @throws as {@link appendSync} does */
  truncateBeforeSync(lsn: number): void {
    checkInteger("wal", "lsn", lsn, 0, Number.MAX_SAFE_INTEGER);
    this.#checkIdle();
    const { segments } = this.#writer;
    const isOld = (): boolean => segments[1] !== undefined && segments[1].header.firstLsn <= lsn;
    if (!isOld()) return;
    while (isOld()) {
      this.#vfs.syncDirectorySync(this.directory);
      this.#vfs.removeSync(segments[0]!.path);
      segments.shift();
    }
    this.#vfs.syncDirectorySync(this.directory);
  }

  get stats(): WalStats {
    const { segments, writtenLsn, durableLsn, syncCount } = this.#writer;
    return {
      firstLsn: segments[0]?.header.firstLsn ?? writtenLsn + 1,
      nextLsn: this.#commits.nextLsn,
      durableLsn,
      segments: segments.length,
      bytes: segments.reduce((sum, segment) => sum + segment.usedBytes, 0),
      batches: this.#commits.batchCount,
      syncs: syncCount,
    };
  }

  /**
   * Makes everything durable and closes; a second call does nothing more.
   * @throws IoError when records that were acknowledged ("none" and "os") could not be made durable
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #truncateBefore(lsn: number): Promise<void> {
    const { segments } = this.#writer;
    const isOld = (): boolean => segments[1] !== undefined && segments[1].header.firstLsn <= lsn;
    if (!isOld()) return;
    while (isOld()) {
      // The removals before must be durable first: a crash may undo the last ones, but never leave a hole.
      await this.#vfs.syncDirectory(this.directory);
      await this.#vfs.remove(segments[0]!.path);
      segments.shift();
    }
    await this.#vfs.syncDirectory(this.directory);
  }

  async #close(): Promise<void> {
    await this.#truncation;
    await this.#commits.finish();
    let { failure } = this.#commits;
    try {
      if (failure === undefined) await this.#writer.seal();
    } catch (error) {
      failure = error;
    }
    try {
      await this.#writer.abandon();
    } finally {
      await this.#lock.release();
    }
    // Appends that waited have heard of it already; those acknowledged early must hear of it here.
    if (failure !== undefined && this.#commits.acknowledgedLsn > this.#writer.durableLsn) throw failure;
  }

  #checkRecord(record: Uint8Array): void {
    if (record.length <= this.#maxRecordBytes) return;
    throw new CapacityError("WAL_RECORD_TOO_LARGE", "wal record", record.length, this.#maxRecordBytes);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError("WAL_LOG_CLOSED", `the log in ${this.directory}`);
  }

  #checkIdle(): void {
    this.#checkUsable();
    if (!this.isWriting) return;
    throw new MillraceError(
      "WAL_LOG_BUSY",
      `the log in ${this.directory}: earlier records are on their way to the disk; wait for their appends, or append without Sync`,
    );
  }

  #checkUsable(): void {
    this.#checkOpen();
    const { failure } = this.#commits;
    if (failure === undefined) return;
    throw new IoError(
      "WAL_LOG_FAILED",
      this.directory,
      "append",
      "an earlier write or sync failed, so nothing more is accepted; cure the cause, close the log and open it again",
      { cause: failure },
    );
  }
}
