import { assert, SIMD, type WasmMemory, type WebAssemblyApi } from "@millrace/base";
import { type Arithmetic, type MultiplyShards, plainShards } from "../arithmetic.ts";
import type { Matrix } from "../matrix.ts";
import { kernelShape, TURN_BYTES } from "./kernel.ts";
import { KernelCompiler, KernelMemory, kernelModule, newWasmMemory } from "./kernel-memory.ts";
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
   * @param threads - how many may work in a memory that is allocated here
   * @throws Error when the engine gives no memory
   */
  constructor(api: WebAssemblyApi, swizzle: number, threads = 1) {
    this.#compiler = new KernelCompiler(api, swizzle, threads);
    this.#staging = new KernelMemory(this.#compiler, newWasmMemory(this.#compiler, STAGING_BYTES));
  }

  prepare(matrix: Matrix): MultiplyShards {
    const tables = nibbleTables(matrix);
    return (inputs, outputs, { start, unitBytes, stride, count }) => {
      assert(inputs.length === tables.inputs, "as many inputs as the matrix has columns");
      assert(outputs.length === tables.outputs, "as many outputs as the matrix has rows");
      const shards = [...inputs, ...outputs];
      // Where the shards are in a memory of ours, only what no turn of a kernel fits into is copied.
      const wholeBytes = this.#placeAll(shards) ? roundDown(unitBytes, TURN_BYTES) : 0;
      const memory = this.#memories.get(shards[0]!.buffer);
      for (let i = 0, at = start; i < count; i++, at += stride) memory?.multiply(tables, at, wholeBytes);
      if (wholeBytes === unitBytes) return;
      for (let i = 0, at = start; i < count; i++, at += stride) {
        this.#multiplyCopies(tables, shards, at + wholeBytes, at + unitBytes);
      }
    };
  }

  allocate(count: number, shardBytes: number): Uint8Array[] {
    let stride = roundUp(shardBytes, PADDING_BYTES) + PADDING_BYTES;
    if (stride % BAD_STRIDE_BYTES === 0) stride += PADDING_BYTES;
    let memory: KernelMemory;
    try {
      memory = new KernelMemory(this.#compiler, newWasmMemory(this.#compiler, count * stride));
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

  /** The memory that shards are in; undefined when they are in several, or elsewhere. */
  memoryOf(shards: readonly (Uint8Array | undefined)[]): WasmMemory | undefined {
    const buffers = new Set(shards.flatMap((shard) => shard?.buffer ?? []));
    return buffers.size === 1 ? this.#memories.get([...buffers][0]!)?.wasmMemory : undefined;
  }

  /** Takes over a memory that another thread allocated, so that shards in it are multiplied where they are. */
  adopt(wasmMemory: WasmMemory): void {
    this.#memories.set(wasmMemory.buffer, new KernelMemory(this.#compiler, wasmMemory));
  }

  /** Tells the kernels where the shards are. @returns whether all are in one memory of ours */
  #placeAll(shards: readonly Uint8Array[]): boolean {
    const { buffer } = shards[0]!;
    const memory = this.#memories.get(buffer);
    if (memory === undefined) return false;
    for (const [i, shard] of shards.entries()) {
      if (shard.buffer !== buffer) return false;
      memory.place(i, shard.byteOffset);
    }
    return true;
  }

  /** Multiplies a range of the shards by way of the staging memory. */
  #multiplyCopies(tables: NibbleTables, shards: readonly Uint8Array[], start: number, stop: number): void {
    const memory = this.#staging;
    const { bytes, shardsAt } = memory;
    const stride = roundDown(STAGING_BYTES / shards.length, PADDING_BYTES);
    const addressOf = (shard: number): number => shardsAt + shard * stride;
    for (let i = 0; i < shards.length; i++) memory.place(i, addressOf(i));
    const pieceBytes = stride - PADDING_BYTES;
    for (let at = start; at < stop; at += pieceBytes) {
      const end = Math.min(stop, at + pieceBytes);
      for (let i = 0; i < tables.inputs; i++) bytes.set(shards[i]!.subarray(at, end), addressOf(i));
      // What is computed beyond the end falls into the padding.
      memory.multiply(tables, 0, roundUp(end - at, TURN_BYTES));
      for (let i = tables.inputs; i < shards.length; i++) {
        shards[i]!.set(bytes.subarray(addressOf(i), addressOf(i) + end - at), at);
      }
    }
  }
}

/** The fastest swizzle that an engine has; undefined where it has no vectors at all. */
export function findSwizzle(api: WebAssemblyApi): number | undefined {
  const shape = kernelShape(1, 1, 1);
  return [SIMD.relaxedSwizzle, SIMD.swizzle].find((swizzle) => api.validate(kernelModule(shape, swizzle)));
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function roundDown(value: number, multiple: number): number {
  return Math.floor(value / multiple) * multiple;
}
