import type { GrowableUint8 } from "@millrace/buffers";
import type { Durability } from "@millrace/files";
import { Batch } from "./batch.ts";
import { SyncDeadline } from "./sync-deadline.ts";
import type { SegmentWriter } from "./writer.ts";

/** With durability "none" an append waits all the same once so much is not yet written. */
const UNWRITTEN_LIMIT_BYTES = 4 * 1024 * 1024;
/** With durability "os" a batch up to here is written on this thread. */
const COPY_LIMIT_BYTES = 256 * 1024;
/** A larger buffer is not kept for the next batch. */
const SPARE_LIMIT_BYTES = 1024 * 1024;

/**
 * Gathers records into batches: what comes in while one batch is written and synced is the next one.
 *
 * The first failure is final: the batch it met and all that wait are rejected with it, and nothing is written again.
 */
export class GroupCommit {
  readonly #writer: SegmentWriter;
  readonly #durability: Durability;
  #pending: Batch;
  /** The batch that is being written. */
  #current: Batch | undefined;
  #running: Promise<void> | undefined;
  #failure: unknown;
  #acknowledgedLsn: number;
  #batchCount = 0;
  /** The buffer of the batch before, for the next one. */
  #spare: GrowableUint8 | undefined;
  /** Records in the batch before. */
  #lastCount = 0;
  readonly #deadline: SyncDeadline;

  /** @param syncIntervalMs - after which records that are written are synced, whatever the durability; 0 for never */
  constructor(writer: SegmentWriter, durability: Durability, syncIntervalMs: number) {
    this.#writer = writer;
    this.#durability = durability;
    this.#deadline = new SyncDeadline(syncIntervalMs, () => this.#syncOverdue());
    this.#acknowledgedLsn = writer.writtenLsn;
    this.#pending = new Batch(writer.writtenLsn + 1);
  }

  /** What went wrong first; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  get acknowledgedLsn(): number {
    return this.#acknowledgedLsn;
  }

  get nextLsn(): number {
    return this.#pending.lastLsn + 1;
  }

  get batchCount(): number {
    return this.#batchCount;
  }

  /**
   * Puts records into the next batch.
   * @param after - what has to be done before they are written
   * @returns the last one's lsn, once it is as safe as the durability says
   */
  append(records: readonly Uint8Array[], after?: Promise<unknown>): Promise<number> | number {
    const batch = this.#pending;
    if (after !== undefined) batch.waitFor(after);
    if (records.length > 1) batch.reserve(records);
    for (const record of records) batch.add(record);
    const lsn = batch.lastLsn;
    if (records.length === 0) return lsn;
    this.#start();
    if (this.#durability === "none" && batch.byteLength < UNWRITTEN_LIMIT_BYTES) {
      this.#acknowledgedLsn = Math.max(this.#acknowledgedLsn, lsn);
      return lsn;
    }
    return batch.done.promise.then(() => lsn);
  }

  /** Whether a batch is on its way to the disk, or waits for something, which nobody can wait for at once. */
  get isWriting(): boolean {
    return this.#current !== undefined || this.#pending.after !== undefined;
  }

  /**
   * {@link append} at once, with all that waits to be written; no batch may be on its way.
   * @param wantsSync - makes all durable, whatever the durability
   */
  appendNow(records: readonly Uint8Array[], wantsSync = false): number {
    const batch = this.#pending;
    if (records.length > 1) batch.reserve(records);
    for (const record of records) batch.add(record);
    const lsn = batch.lastLsn;
    if (!wantsSync && this.#durability === "none" && batch.byteLength < UNWRITTEN_LIMIT_BYTES) {
      this.#start();
      this.#acknowledgedLsn = Math.max(this.#acknowledgedLsn, lsn);
      return lsn;
    }
    this.#pending = new Batch(lsn + 1, this.#spare);
    this.#spare = undefined;
    try {
      this.#writer.writeAll(batch);
      if (wantsSync || this.#needsSync(batch)) this.#writer.syncNow();
    } catch (error) {
      this.#fail(error, batch);
      throw error;
    }
    this.#written(batch);
    return lsn;
  }

  /** Makes everything appended so far durable. */
  flush(): Promise<void> {
    this.#pending.wantsSync = true;
    this.#start();
    return this.#pending.done.promise;
  }

  /** Waits until what was appended so far is written, or has failed: those who appended it are told of that. */
  async settle(): Promise<void> {
    const last = this.#pending.count > 0 ? this.#pending : this.#current;
    await last?.done.promise.catch(() => {});
  }

  /** Flushes and waits until nothing runs; a failure is kept, not thrown. */
  async finish(): Promise<void> {
    if (this.#failure === undefined) await this.flush().catch(() => {});
    await this.#running;
    this.#deadline.close();
  }

  #needsSync(batch: Batch): boolean {
    return batch.wantsSync || this.#durability === "disk" || this.#deadline.isDue;
  }

  /** On this thread: those who append at once must not meet a batch that is on its way. */
  #syncOverdue(): void {
    // What is being written is synced with its batch.
    if (this.#failure !== undefined || this.isWriting) return;
    try {
      this.#writer.syncNow();
      this.#deadline.end();
    } catch (error) {
      this.#fail(error, this.#pending);
    }
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // One micro-task later, all that the caller appends in this turn is in the batch.
    await undefined;
    while (this.#failure === undefined && (this.#pending.count > 0 || this.#pending.wantsSync)) {
      const batch = this.#pending;
      this.#current = batch;
      this.#pending = new Batch(batch.lastLsn + 1, this.#spare);
      this.#spare = undefined;
      try {
        if (batch.after !== undefined) await batch.after;
        // A second lone record in a row: there is one writer, and blocking this thread for a sync delays nobody else.
        const isLone = this.#durability === "disk" && batch.count === 1 && this.#lastCount === 1;
        this.#lastCount = batch.count;
        // Without a sync a short write is a copy into the kernel's memory: shorter than the way to another thread.
        const isCopy =
          !this.#needsSync(batch) && this.#durability === "os" && batch.byteLength <= COPY_LIMIT_BYTES;
        if (!(isLone && this.#writer.commitNow(batch)) && !(isCopy && this.#writer.writeNow(batch))) {
          await this.#writer.write(batch);
          if (this.#needsSync(batch)) await this.#writer.sync();
        }
        this.#written(batch);
      } catch (error) {
        this.#fail(error, batch);
      }
    }
    this.#current = undefined;
    this.#running = undefined;
  }

  #written(batch: Batch): void {
    this.#batchCount += batch.count > 0 ? 1 : 0;
    if (this.#writer.durableLsn === this.#writer.writtenLsn) this.#deadline.end();
    else this.#deadline.begin();
    this.#acknowledgedLsn = Math.max(this.#acknowledgedLsn, batch.lastLsn);
    batch.done.resolve();
    if (batch.frames.length > SPARE_LIMIT_BYTES) return;
    this.#spare = batch.frames;
    this.#spare.clear();
  }

  #fail(error: unknown, batch: Batch): void {
    this.#failure = error;
    this.#deadline.close();
    batch.done.reject(error);
    this.#pending.done.reject(error);
  }
}
