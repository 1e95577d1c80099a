import { assert, SIMD, type WebAssemblyApi } from "@millrace/base";
import { type Arithmetic, type MultiplyShards, plainShards } from "../arithmetic.ts";
import type { Matrix } from "../matrix.ts";
import { kernelShape, TURN_BYTES } from "./kernel.ts";
import { KernelCompiler, KernelMemory, kernelModule } from "./kernel-memory.ts";
import { type NibbleTables, nibbleTables } from "./nibble-tables.ts";

/** What shards in the caller's memory are copied into, a piece of each at a time; it stays in the second cache. */
const STAGING_BYTES = 1 << 18;
/** Room behind each shard. Without it the same place of all shards falls into one set of the cache. */
const PADDING_BYTES = 64;
/** Strides that are multiples of this undo what the padding is for. */
const BAD_STRIDE_BYTES = 4096;

/** Multiplies in WebAssembly with 128-bit vectors. */
export class WasmArithmetic implements Arithmetic {
  readonly name = "wasm";
  readonly #compiler: KernelCompiler;
  readonly #staging: KernelMemory;
  /** The memories that {@link allocate} made, by their buffers. */
  readonly #memories = new WeakMap<ArrayBufferLike, KernelMemory>();

  /**
   * @param swizzle - `SIMD.swizzle` or `SIMD.relaxedSwizzle`
   * @throws Error when the engine gives no memory
   */
  constructor(api: WebAssemblyApi, swizzle: number) {
    this.#compiler = new KernelCompiler(api, swizzle);
    this.#staging = new KernelMemory(this.#compiler, STAGING_BYTES);
  }

  prepare(matrix: Matrix): MultiplyShards {
    const tables = nibbleTables(matrix);
    return (inputs, outputs) => {
      assert(inputs.length === tables.inputs, "as many inputs as the matrix has columns");
      assert(outputs.length === tables.outputs, "as many outputs as the matrix has rows");
      const shards = [...inputs, ...outputs];
      this.#multiplyCopies(tables, shards, this.#multiplyInPlace(tables, shards));
    };
  }

  allocate(count: number, shardBytes: number): Uint8Array[] {
    let stride = roundUp(shardBytes, PADDING_BYTES) + PADDING_BYTES;
    if (stride % BAD_STRIDE_BYTES === 0) stride += PADDING_BYTES;
    let memory: KernelMemory;
    try {
      memory = new KernelMemory(this.#compiler, count * stride);
    } catch (error) {
      // Shards of more than 4 GiB in all, or no address space left: ordinary memory does, with copies.
      if (error instanceof RangeError) return plainShards(count, shardBytes);
      throw error;
    }
    this.#memories.set(memory.bytes.buffer, memory);
    return Array.from({ length: count }, (_, i) => {
      const start = memory.shardsAt + i * stride;
      return memory.bytes.subarray(start, start + shardBytes);
    });
  }

  /** Multiplies what can be where it is. @returns the bytes of each shard that are done, from its start */
  #multiplyInPlace(tables: NibbleTables, shards: readonly Uint8Array[]): number {
    const { buffer, length } = shards[0]!;
    const memory = this.#memories.get(buffer);
    if (memory === undefined) return 0;
    for (const [i, shard] of shards.entries()) {
      if (shard.buffer !== buffer) return 0;
      memory.place(i, shard.byteOffset);
    }
    // No byte behind a shard is written: it may be a part of a longer one.
    const whole = length - (length % TURN_BYTES);
    memory.multiply(tables, whole);
    return whole;
  }

  /** Multiplies the rest of the shards, from `start` on, by way of the staging memory. */
  #multiplyCopies(tables: NibbleTables, shards: readonly Uint8Array[], start: number): void {
    const { length } = shards[0]!;
    if (start === length) return;
    const memory = this.#staging;
    const { bytes, shardsAt } = memory;
    const stride = roundDown(STAGING_BYTES / shards.length, PADDING_BYTES);
    const addressOf = (shard: number): number => shardsAt + shard * stride;
    for (let i = 0; i < shards.length; i++) memory.place(i, addressOf(i));
    const pieceBytes = stride - PADDING_BYTES;
    for (let at = start; at < length; at += pieceBytes) {
      const end = Math.min(length, at + pieceBytes);
      for (let i = 0; i < tables.inputs; i++) bytes.set(shards[i]!.subarray(at, end), addressOf(i));
      // What is computed beyond the end falls into the padding.
      memory.multiply(tables, roundUp(end - at, TURN_BYTES));
      for (let i = tables.inputs; i < shards.length; i++) {
        shards[i]!.set(bytes.subarray(addressOf(i), addressOf(i) + end - at), at);
      }
    }
  }
}

/** The fastest swizzle that an engine has; undefined where it has no vectors at all. */
export function findSwizzle(api: WebAssemblyApi): number | undefined {
  const shape = kernelShape(1, 1, false);
  return [SIMD.relaxedSwizzle, SIMD.swizzle].find((swizzle) => api.validate(kernelModule(shape, swizzle)));
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function roundDown(value: number, multiple: number): number {
  return Math.floor(value / multiple) * multiple;
}
