import { BufferPool, type BufferPoolStats } from "@millrace/buffers";
import { applyFilters, applyFiltersSync, type FilteredChunk, type PlainChunk } from "./apply-filters.ts";
import type { Output } from "./output.ts";

/** Where chunks are filtered: on the thread that appends, or in libuv's pool beside it. */
export type FilterThreads = "caller" | "pool";

/** Where a chunk is in the file, and which of its filters it was spared. */
export interface WrittenChunk {
  readonly address: number;
  readonly chunkBytes: number;
  readonly filterMask: number;
}

/** A chunk on its way to the file. */
export interface ChunkJob extends PlainChunk {
  /** Called in the order of the jobs, once the chunk is written. */
  onWritten(chunk: WrittenChunk): void;
  /** Called when the bytes may be used again. */
  onDone(): void;
}

/** A chunk that was started in libuv's pool and is not written yet. */
interface Flight {
  readonly job: ChunkJob;
  readonly filtering: Promise<FilteredChunk>;
  /** What the pool gave, once this thread knows of it. */
  filtered: FilteredChunk | undefined;
  /** Where it goes, once its turn has come. */
  address: number | undefined;
  /** A synchronous call has written it: what the pool and the disk still do for it no longer counts. */
  isTakenOver: boolean;
}

/**
 * Filters chunks and writes them in the order in which they came, a bounded number at a time.
 *
 * In libuv's pool they wait for their turn; a synchronous call that needs them written takes them over, the oldest
 * first: what the pool has not given yet is filtered again here, and a write that is under way is done again, with the
 * same bytes at the same place. A chunk that was taken over keeps its slot until the pool lets go of its buffer, so
 * that memory is bounded though the event loop may not turn for hours.
 */
export class ChunkPipeline {
  readonly #output: Output;
  readonly #limit: number;
  readonly #threads: FilterThreads;
  readonly #pool = new BufferPool();
  /** Those that are not written, the oldest first. */
  readonly #flights: Flight[] = [];
  #inFlight = 0;
  #mostInFlight = 0;
  #tail: Promise<void> = Promise.resolve();
  #waiting: (() => void)[] = [];

  constructor(output: Output, limit: number, threads: FilterThreads) {
    this.#output = output;
    this.#limit = limit;
    this.#threads = threads;
  }

  get hasSlot(): boolean {
    return this.#inFlight < this.#limit;
  }

  /** A buffer for a chunk, from the pool. */
  take(byteLength: number): ArrayBuffer {
    return this.#pool.take(byteLength);
  }

  give(buffer: ArrayBuffer): void {
    this.#pool.give(buffer);
  }

  stats(): { readonly pool: BufferPoolStats; readonly mostInFlight: number } {
    return { pool: this.#pool.stats(), mostInFlight: this.#mostInFlight };
  }

  /** Waits until fewer than the limit are in flight; others may be quicker to take the place. */
  async slot(): Promise<void> {
    this.#output.check();
    if (this.hasSlot) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
    this.#output.check();
  }

  /** Does a job at once, or starts it in the pool if that is where chunks go; its bytes must not change until `onDone`. */
  start(job: ChunkJob): void {
    if (this.#threads === "caller") this.finishSync(job);
    else this.#launch(job);
  }

  /** As {@link start}, but at once too when no slot is free. @throws IoError when a job done at once failed */
  startSync(job: ChunkJob): void {
    if (this.hasSlot) this.start(job);
    else this.finishSync(job);
  }

  /** Does all jobs that were started, and this one, at once. @throws IoError when one failed */
  finishSync(job: ChunkJob): void {
    try {
      this.drainSync();
      this.#filterSync(job);
    } finally {
      job.onDone();
    }
  }

  /** Waits for all jobs that were started. @throws IoError when one failed */
  async drain(): Promise<void> {
    await this.#tail;
    this.#output.check();
  }

  /** Takes over all jobs that were started. @throws IoError when one failed */
  drainSync(): void {
    this.#output.check();
    for (let flight = this.#flights[0]; flight !== undefined; flight = this.#flights[0]) {
      this.#flights.shift();
      flight.isTakenOver = true;
      const { job, filtered, address } = flight;
      if (filtered === undefined) this.#filterSync(job);
      else this.#writeSync(job, filtered, address);
    }
  }

  #launch(job: ChunkJob): void {
    this.#inFlight++;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
    const filtering = applyFilters(job, this.#pool);
    const flight: Flight = { job, filtering, filtered: undefined, address: undefined, isTakenOver: false };
    filtering.then(
      (filtered) => {
        flight.filtered = filtered;
      },
      // It is awaited in its turn; until then a failure does not count as unhandled.
      () => {},
    );
    this.#flights.push(flight);
    this.#tail = this.#tail.then(() => this.#finish(flight));
  }

  async #finish(flight: Flight): Promise<void> {
    const { job } = flight;
    try {
      const filtered = await flight.filtering;
      if (flight.isTakenOver) return;
      flight.address = this.#output.allocate(filtered.bytes.length);
      await this.#output.write(filtered.bytes, flight.address);
      if (flight.isTakenOver) return;
      this.#flights.shift();
      this.#markWritten(job, filtered, flight.address);
    } catch (error) {
      if (!flight.isTakenOver) this.#output.fail(error);
    } finally {
      job.onDone();
      this.#inFlight--;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    }
  }

  #filterSync(job: ChunkJob): void {
    try {
      applyFiltersSync(job, this.#pool, (filtered) => this.#writeSync(job, filtered));
    } catch (error) {
      // A chunk that is missing in the middle is as bad as a failed write.
      this.#output.fail(error);
      this.#output.check();
    }
  }

  #writeSync(job: ChunkJob, filtered: FilteredChunk, given?: number): void {
    const address = given ?? this.#output.allocate(filtered.bytes.length);
    this.#output.writeSync(filtered.bytes, address);
    this.#markWritten(job, filtered, address);
  }

  #markWritten(job: ChunkJob, { bytes, filterMask }: FilteredChunk, address: number): void {
    this.#output.dataBytes += bytes.length;
    job.onWritten({ address, chunkBytes: bytes.length, filterMask });
  }
}
