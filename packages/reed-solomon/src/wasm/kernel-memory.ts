import type { WasmMemory, WebAssemblyApi } from "@millrace/base";
import {
  type Kernel,
  type KernelShape,
  kernelShape,
  loopModule,
  MAX_KERNEL_ROWS,
  TABLE_BYTES,
} from "./kernel.ts";
import type { NibbleTables } from "./nibble-tables.ts";
import { pairedKernel } from "./paired-kernel.ts";
import { quadKernel } from "./quad-kernel.ts";
import { rowKernel } from "./row-kernel.ts";

const PAGE_BYTES = 65_536;
/** What each thread has for itself at the start of a memory: addresses of up to 256 shards, then tables. */
const POINTERS_AT = 64;
const TABLES_AT = 4096;
/** Room for the tables of the largest matrix, 128 × 128. */
const HEADER_BYTES = TABLES_AT + TABLE_BYTES * 128 * 128;

/**
 * Writes the module of a kernel.
 * @param swizzle - `SIMD.swizzle` or `SIMD.relaxedSwizzle`
 * @param isShared - whether threads share its memory
 */
export function kernelModule(shape: KernelShape, swizzle: number, isShared = false): Uint8Array<ArrayBuffer> {
  const { rows, block } = shape;
  const body = block === 4 ? quadKernel(swizzle) : (block === 2 ? pairedKernel : rowKernel)(rows, swizzle);
  return loopModule(shape, body, isShared);
}

/** Compiles kernels, each once; there are fewer than a hundred. */
export class KernelCompiler {
  readonly api: WebAssemblyApi;
  /** Threads that use a memory; with more than one it is shared between them. */
  readonly threads: number;
  readonly #swizzle: number;
  readonly #modules = new Map<number, object>();

  constructor(api: WebAssemblyApi, swizzle: number, threads: number) {
    this.api = api;
    this.#swizzle = swizzle;
    this.threads = threads;
  }

  /** The kernel of a shape, in a memory. */
  instantiate(shape: KernelShape, memory: WasmMemory): Kernel {
    const key = keyOf(shape);
    let module = this.#modules.get(key);
    if (module === undefined) {
      module = new this.api.Module(kernelModule(shape, this.#swizzle, this.threads > 1));
      this.#modules.set(key, module);
    }
    return new this.api.Instance(module, { env: { memory } }).exports.run as Kernel;
  }
}

/** A WebAssembly memory of fixed size that holds shards, and what the kernels of a thread need beside them. */
export class KernelMemory {
  /** All of it; shards begin at {@link shardsAt}. */
  readonly bytes: Uint8Array;
  readonly shardsAt: number;
  /** What other threads take it over by. */
  readonly wasmMemory: WasmMemory;
  readonly #compiler: KernelCompiler;
  readonly #headerAt: number;
  readonly #pointers: Int32Array;
  readonly #kernels = new Map<number, Kernel>();
  #loaded: NibbleTables | undefined;

  /**
   * This thread's part in a memory of {@link newWasmMemory}.
   * @throws RangeError when more threads come than it was made for
   */
  constructor(compiler: KernelCompiler, memory: WasmMemory) {
    this.#compiler = compiler;
    this.wasmMemory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.shardsAt = compiler.threads * HEADER_BYTES;
    // The first word counts the threads that have come.
    const thread = Atomics.add(new Int32Array(memory.buffer, 0, 1), 0, 1);
    if (thread >= compiler.threads) {
      throw new RangeError(`${compiler.threads} threads share this memory, and one more came`);
    }
    this.#headerAt = thread * HEADER_BYTES;
    this.#pointers = new Int32Array(memory.buffer, this.#headerAt + POINTERS_AT, 256);
  }

  /** Sets the address of a shard: the inputs are numbered first, then the outputs. */
  place(shard: number, address: number): void {
    this.#pointers[shard] = address;
  }

  /** Multiplies bytes of the shards that were placed, from `start` on: `length`, a multiple of TURN_BYTES. */
  multiply(tables: NibbleTables, start: number, length: number): void {
    if (length === 0) return;
    const tablesAt = this.#headerAt + TABLES_AT;
    if (this.#loaded !== tables) this.bytes.set(tables.bytes, tablesAt);
    this.#loaded = tables;
    const inputs = this.#headerAt + POINTERS_AT;
    const inputsEnd = inputs + 4 * tables.inputs;
    for (const group of tables.groups) {
      const run = this.#kernel(kernelShape(group.rows, tables.inputs, tables.block));
      const outputs = inputsEnd + 4 * group.firstRow;
      run(tablesAt + group.tablesAt, inputs, inputsEnd, outputs, start, start + length);
    }
  }

  #kernel(shape: KernelShape): Kernel {
    const key = keyOf(shape);
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#compiler.instantiate(shape, this.wasmMemory);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

/** A memory for so many bytes of shards. @throws RangeError when there is no room for it */
export function newWasmMemory({ api, threads }: KernelCompiler, shardBytes: number): WasmMemory {
  const pages = Math.ceil((threads * HEADER_BYTES + shardBytes) / PAGE_BYTES);
  return new api.Memory(threads > 1 ? { initial: pages, maximum: pages, shared: true } : { initial: pages });
}

function keyOf({ rows, inputs, block }: KernelShape): number {
  return (inputs * (MAX_KERNEL_ROWS + 1) + rows) * 8 + block;
}
