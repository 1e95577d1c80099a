import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { asCapacityError } from "./internal/allocate.ts";

/** How much memory a pool keeps. */
export interface BufferPoolOptions {
  /** Most bytes of idle buffers that are kept for reuse. @default 64 MiB */
  readonly limitBytes?: number;
}

/** What {@link BufferPoolOptions} are when they are not given. */
export const DEFAULT_BUFFER_POOL_OPTIONS: Required<BufferPoolOptions> = Object.freeze({
  limitBytes: 64 * 1024 * 1024,
});

/** What a pool has done so far, and what it holds now. */
export interface BufferPoolStats {
  /** Takes that were served from an idle buffer. */
  readonly hits: number;
  /** Takes that had to allocate. */
  readonly misses: number;
  /** Buffers left to the garbage collector because of `limitBytes`. */
  readonly dropped: number;
  /** Bytes of idle buffers in the pool; never above `limitBytes`. */
  readonly retainedBytes: number;
  /** Bytes taken and not yet given back. */
  readonly outstandingBytes: number;
}

/** The smallest size class; below it an allocation is as cheap as the pool. */
const SMALLEST_CLASS_BYTES = 1024;

/**
 * The size of the buffer that a pool hands out for `byteLength`: the next of 1024, 1536, 2048, 3072, 4096 …
 * Powers of two with one step between them: at most a third of a buffer is unused.
 */
export function sizeClassOf(byteLength: number): number {
  let size = SMALLEST_CLASS_BYTES;
  while (size < byteLength) size *= 2;
  return size > SMALLEST_CLASS_BYTES && size * 0.75 >= byteLength ? size * 0.75 : size;
}

/**
 * Keeps idle ArrayBuffers for reuse, by size class and bounded by bytes; least recently used classes go first.
 *
 * A buffer that came back from a worker by transfer is another object than the one that was taken; `give` takes any
 * plain buffer whose size is a size class, so the round trip works.
 *
 * @example
 * const pool = new BufferPool({ limitBytes: 1 << 20 });
 * const buffer = pool.take(5000); // an ArrayBuffer of 6144 bytes, contents unspecified
 * pool.give(buffer);
 */
export class BufferPool {
  readonly #limitBytes: number;
  /** Idle buffers by size; the key order is the order of last use, so the first is the first to be dropped. */
  readonly #idle = new Map<number, ArrayBuffer[]>();
  /** Every buffer given and not taken since, dropped ones too: a second `give` of any of them is a bug. */
  readonly #given = new WeakSet<ArrayBuffer>();
  #hits = 0;
  #misses = 0;
  #dropped = 0;
  /** The size that was used last. */
  #lastSize = 0;
  #retainedBytes = 0;
  #outstandingBytes = 0;

  /** @throws InvalidArgumentError for an unknown option or one out of its range */
  constructor(options?: BufferPoolOptions) {
    const resolved = resolveOptions<Required<BufferPoolOptions>>(
      "buffers",
      DEFAULT_BUFFER_POOL_OPTIONS,
      options,
    );
    this.#limitBytes = checkInteger("buffers", "limitBytes", resolved.limitBytes, 0, Number.MAX_SAFE_INTEGER);
  }

  /**
   * A buffer of `sizeClassOf(byteLength)` bytes. Its contents are unspecified unless `zero` is true.
   * @throws InvalidArgumentError when `byteLength` is not a whole number from 0 on
   * @throws CapacityError when the engine has no memory
   */
  take(byteLength: number, options: { readonly zero?: boolean } = {}): ArrayBuffer {
    checkInteger("buffers", "byteLength", byteLength, 0, Number.MAX_SAFE_INTEGER);
    const size = sizeClassOf(byteLength);
    const idle = this.#idle.get(size);
    const buffer = idle?.pop();
    if (idle !== undefined && buffer !== undefined) {
      this.#markUsed(size, idle);
      this.#given.delete(buffer);
      this.#hits++;
      this.#retainedBytes -= size;
      this.#outstandingBytes += size;
      if (options.zero === true) new Uint8Array(buffer).fill(0);
      return buffer;
    }
    const fresh = this.#allocate(size);
    this.#misses++;
    this.#outstandingBytes += size;
    return fresh;
  }

  /**
   * Takes a buffer back; the caller must not use it any more.
   * @throws InvalidArgumentError when it was given already (`BUFFERS_POOL_DOUBLE_GIVE`), or when it is not a plain
   *   ArrayBuffer of a size that this pool hands out (`BUFFERS_POOL_FOREIGN`): resizable, detached, other sizes
   */
  give(buffer: ArrayBuffer): void {
    if (this.#given.has(buffer)) {
      throw new InvalidArgumentError(
        "BUFFERS_POOL_DOUBLE_GIVE",
        "buffer",
        buffer,
        "a buffer that was not given back before; two owners would write to it",
      );
    }
    const size = buffer.byteLength;
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable || size === 0 || sizeClassOf(size) !== size) {
      throw new InvalidArgumentError(
        "BUFFERS_POOL_FOREIGN",
        `buffer of ${size} bytes`,
        buffer,
        "a plain, not detached ArrayBuffer of a size that take() returns",
      );
    }
    this.#given.add(buffer);
    this.#outstandingBytes = Math.max(0, this.#outstandingBytes - size);
    this.#makeRoom(size);
    if (this.#retainedBytes + size > this.#limitBytes) {
      this.#dropped++;
      return;
    }
    const idle = this.#idle.get(size) ?? [];
    idle.push(buffer);
    this.#markUsed(size, idle);
    this.#retainedBytes += size;
  }

  /** Leaves every idle buffer to the garbage collector. */
  clear(): void {
    this.#idle.clear();
    this.#retainedBytes = 0;
  }

  /** The counters as of now. */
  stats(): BufferPoolStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      dropped: this.#dropped,
      retainedBytes: this.#retainedBytes,
      outstandingBytes: this.#outstandingBytes,
    };
  }

  #markUsed(size: number, idle: ArrayBuffer[]): void {
    if (size === this.#lastSize && this.#idle.get(size) === idle) return;
    this.#lastSize = size;
    this.#idle.delete(size);
    this.#idle.set(size, idle);
  }

  /** Drops idle buffers of other sizes, least recently used size first: else a change of sizes would end all reuse. */
  #makeRoom(size: number): void {
    if (size > this.#limitBytes) return;
    for (const [other, idle] of this.#idle) {
      if (other === size) continue;
      while (idle.length > 0 && this.#retainedBytes + size > this.#limitBytes) {
        idle.pop();
        this.#retainedBytes -= other;
        this.#dropped++;
      }
      if (idle.length === 0) this.#idle.delete(other);
      if (this.#retainedBytes + size <= this.#limitBytes) return;
    }
  }

  #allocate(size: number): ArrayBuffer {
    try {
      return new ArrayBuffer(size);
    } catch (error) {
      throw asCapacityError(error, "BufferPool.take", size, this.#retainedBytes);
    }
  }
}
