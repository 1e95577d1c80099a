import { writeU32 } from "@millrace/base";
import { BufferPool, type BufferPoolStats } from "@millrace/buffers";
import { shuffleBytes } from "@millrace/codecs";
import { compressBytes } from "@millrace/compress";
import type { FilledFilters } from "./filters.ts";
import { fletcher32 } from "./fletcher32.ts";
import type { Output } from "./output.ts";

/** A chunk on its way to the file. */
export interface ChunkJob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly elementBytes: number;
  readonly filters: FilledFilters;
  /** Called in the order of the jobs, once the chunk is written. */
  onWritten(address: number, byteLength: number): void;
  /** Called when the bytes may be used again. */
  onDone(): void;
}

/**
 * Filters chunks in libuv's pool, a bounded number at a time, and writes them in the order in which they came.
 */
export class ChunkPipeline {
  readonly #output: Output;
  readonly #limit: number;
  readonly #pool = new BufferPool();
  #inFlight = 0;
  #mostInFlight = 0;
  #tail: Promise<void> = Promise.resolve();
  #waiting: (() => void)[] = [];

  constructor(output: Output, limit: number) {
    this.#output = output;
    this.#limit = limit;
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

  /** Starts a job; its bytes must not change until `onDone`. */
  start(job: ChunkJob): void {
    this.#inFlight++;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
    const filtering = this.#filter(job);
    // It is awaited in its turn; until then a failure does not count as unhandled.
    filtering.catch(() => {});
    this.#tail = this.#tail.then(async () => {
      try {
        const bytes = await filtering;
        const address = this.#output.allocate(bytes.length);
        await this.#output.write(bytes, address);
        this.#output.dataBytes += bytes.length;
        job.onWritten(address, bytes.length);
      } catch (error) {
        this.#output.fail(error);
      } finally {
        job.onDone();
        this.#inFlight--;
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const wake of waiting) wake();
      }
    });
  }

  /** Waits for all jobs that were started. @throws IoError when one failed */
  async drain(): Promise<void> {
    await this.#tail;
    this.#output.check();
  }

  async #filter({ bytes, elementBytes, filters }: ChunkJob): Promise<Uint8Array> {
    if (!filters.shuffle || elementBytes === 1) return finish(bytes, filters);
    const shuffled = this.#pool.take(bytes.length);
    try {
      const target = new Uint8Array(shuffled, 0, bytes.length);
      shuffleBytes(bytes, 0, bytes.length, elementBytes, target, 0);
      if (filters.deflate > 0) return await finish(target, filters);
      // Without compression the shuffled bytes themselves are written, so they must outlive their buffer.
      return await finish(target.slice(), filters);
    } finally {
      this.#pool.give(shuffled);
    }
  }
}

async function finish(bytes: Uint8Array, filters: FilledFilters): Promise<Uint8Array> {
  const packed =
    filters.deflate === 0 ? bytes : await compressBytes(bytes, "deflate", filters.deflate, filters.strategy);
  if (!filters.fletcher32) return packed;
  const checked = new Uint8Array(packed.length + 4);
  checked.set(packed);
  writeU32(checked, packed.length, fletcher32(packed, 0, packed.length));
  return checked;
}
