import { assert, checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { asCapacityError } from "./internal/allocate.ts";

/** What a pool of frames is made for. */
export interface FramePoolOptions {
  /** Bytes of each frame: 512 to 2^20. @default 8192 */
  readonly frameBytes?: number;
  /** Bytes of idle frames from which on memory is given back that no frame is used of; 0 keeps none. @default 4 MiB */
  readonly limitBytes?: number;
}

/** What {@link FramePoolOptions} are when they are not given. */
export const DEFAULT_FRAME_POOL_OPTIONS: Required<FramePoolOptions> = Object.freeze({
  frameBytes: 8192,
  limitBytes: 4 * 1024 * 1024,
});

/** What a pool has done so far, and what it holds now. */
export interface FramePoolStats {
  /** Takes that were served from an idle frame. */
  readonly hits: number;
  /** Takes of new memory. */
  readonly misses: number;
  /** Bytes of idle frames. */
  readonly retainedBytes: number;
  /** Bytes taken and not given back. */
  readonly outstandingBytes: number;
}

/** Bytes that are allocated at once. */
const SLAB_BYTES = 512 * 1024;

/** Memory that frames are cut from. */
interface Slab {
  readonly buffer: ArrayBuffer;
  /** By the frame's place: 1 when it is idle. */
  readonly isIdle: Uint8Array;
  /** Frames that were cut off so far, and those of them that are idle. */
  cut: number;
  idle: number;
}

/**
 * Frames of one size, cut from larger pieces of memory and kept for reuse.
 *
 * An array buffer for each frame costs the engine's allocator and garbage collector more than small work on the frame
 * does. Memory goes back a whole piece at a time, so idle frames may take more than the limit while their neighbours
 * are in use. A frame that is not given back is collected like anything else.
 *
 * @example
 * const pool = new FramePool({ frameBytes: 4096 });
 * const frame = pool.take(); // a Uint8Array of 4096 bytes, contents unspecified
 * pool.give(frame);
 */
export class FramePool {
  readonly frameBytes: number;
  readonly #limitBytes: number;
  readonly #framesPerSlab: number;
  #idle: Uint8Array<ArrayBuffer>[] = [];
  readonly #slabs = new WeakMap<ArrayBuffer, Slab>();
  /** The slab that frames are cut from. */
  #current: Slab | undefined;
  #hits = 0;
  #misses = 0;
  #outstandingBytes = 0;

  /** @throws InvalidArgumentError for an unknown option or one out of its range */
  constructor(options?: FramePoolOptions) {
    const filled = resolveOptions<Required<FramePoolOptions>>("buffers", DEFAULT_FRAME_POOL_OPTIONS, options);
    this.frameBytes = checkInteger("buffers", "frameBytes", filled.frameBytes, 512, 2 ** 20);
    this.#limitBytes = checkInteger("buffers", "limitBytes", filled.limitBytes, 0, Number.MAX_SAFE_INTEGER);
    this.#framesPerSlab = this.#limitBytes === 0 ? 1 : Math.max(1, Math.floor(SLAB_BYTES / this.frameBytes));
  }

  /**
   * A frame; its contents are unspecified unless `zero` is true.
   * @throws CapacityError when the engine has no memory
   */
  take(zero = false): Uint8Array<ArrayBuffer> {
    this.#outstandingBytes += this.frameBytes;
    const frame = this.#idle.pop();
    if (frame === undefined) return this.#cut();
    this.#hits++;
    const slab = this.#slabs.get(frame.buffer)!;
    slab.idle--;
    slab.isIdle[frame.byteOffset / this.frameBytes] = 0;
    return zero ? frame.fill(0) : frame;
  }

  /**
   * Takes a frame back; the caller must not use it any more.
   * @throws InvalidArgumentError `BUFFERS_POOL_FOREIGN` for one that this pool did not cut, `BUFFERS_POOL_DOUBLE_GIVE`
   */
  give(frame: Uint8Array<ArrayBuffer>): void {
    const slab = this.#slabs.get(frame.buffer);
    const place = frame.byteOffset / this.frameBytes;
    if (slab === undefined || frame.length !== this.frameBytes || !Number.isInteger(place))
      throw new InvalidArgumentError("BUFFERS_POOL_FOREIGN", "frame", frame, "one that take() returned");
    if (slab.isIdle[place] !== 0)
      throw new InvalidArgumentError(
        "BUFFERS_POOL_DOUBLE_GIVE",
        "frame",
        frame,
        "one that was not given back before; two owners would write to it",
      );
    this.#outstandingBytes -= this.frameBytes;
    slab.isIdle[place] = 1;
    slab.idle++;
    this.#idle.push(frame);
    const isUnused = slab.idle === this.#framesPerSlab;
    if (isUnused && this.#idle.length * this.frameBytes > this.#limitBytes) this.#release(slab);
  }

  /** The counters as of now. */
  stats(): FramePoolStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      retainedBytes: this.#idle.length * this.frameBytes,
      outstandingBytes: this.#outstandingBytes,
    };
  }

  #cut(): Uint8Array<ArrayBuffer> {
    this.#misses++;
    let slab = this.#current;
    if (slab === undefined || slab.cut === this.#framesPerSlab) {
      slab = this.#newSlab();
      this.#current = slab;
    }
    // Never used before, it is all zeros.
    return new Uint8Array(slab.buffer, slab.cut++ * this.frameBytes, this.frameBytes);
  }

  #newSlab(): Slab {
    const byteLength = this.#framesPerSlab * this.frameBytes;
    try {
      const buffer = new ArrayBuffer(byteLength);
      const slab = { buffer, isIdle: new Uint8Array(this.#framesPerSlab), cut: 0, idle: 0 };
      this.#slabs.set(buffer, slab);
      return slab;
    } catch (error) {
      throw asCapacityError(error, "FramePool.take", byteLength, this.#idle.length * this.frameBytes);
    }
  }

  #release(slab: Slab): void {
    assert(slab.cut === this.#framesPerSlab, "a slab that is all idle was all cut");
    this.#idle = this.#idle.filter(({ buffer }) => buffer !== slab.buffer);
    if (this.#current === slab) this.#current = undefined;
  }
}
