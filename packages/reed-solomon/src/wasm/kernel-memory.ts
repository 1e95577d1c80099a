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
import { rowKernel } from "./row-kernel.ts";

const PAGE_BYTES = 65_536;
/** Addresses of up to 256 shards. */
const POINTERS_AT = 64;
const TABLES_AT = 4096;
/** Where the shards begin: behind the tables of the largest matrix, 128 × 128. */
const SHARDS_AT = TABLES_AT + TABLE_BYTES * 128 * 128;

/** Writes the module of a kernel. @param swizzle - `SIMD.swizzle` or `SIMD.relaxedSwizzle` */
export function kernelModule(shape: KernelShape, swizzle: number): Uint8Array<ArrayBuffer> {
  return loopModule(shape, (shape.isPaired ? pairedKernel : rowKernel)(shape.rows, swizzle));
}

/** Compiles kernels, each once; there are fewer than a hundred. */
export class KernelCompiler {
  readonly api: WebAssemblyApi;
  readonly #swizzle: number;
  readonly #modules = new Map<number, object>();

  constructor(api: WebAssemblyApi, swizzle: number) {
    this.api = api;
    this.#swizzle = swizzle;
  }

  /** The kernel of a shape, in a memory. */
  instantiate(shape: KernelShape, memory: WasmMemory): Kernel {
    const key = keyOf(shape);
    let module = this.#modules.get(key);
    if (module === undefined) {
      module = new this.api.Module(kernelModule(shape, this.#swizzle));
      this.#modules.set(key, module);
    }
    return new this.api.Instance(module, { env: { memory } }).exports.run as Kernel;
  }
}

/** A WebAssembly memory of fixed size that holds shards, and what kernels need beside them. */
export class KernelMemory {
  /** All of it; shards begin at {@link shardsAt}. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly shardsAt: number = SHARDS_AT;
  readonly #compiler: KernelCompiler;
  readonly #memory: WasmMemory;
  readonly #pointers: Int32Array;
  readonly #kernels = new Map<number, Kernel>();
  #loaded: NibbleTables | undefined;

  /** @throws RangeError when there is no room for so many bytes of shards */
  constructor(compiler: KernelCompiler, shardBytes: number) {
    this.#compiler = compiler;
    this.#memory = new compiler.api.Memory({ initial: Math.ceil((SHARDS_AT + shardBytes) / PAGE_BYTES) });
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.#pointers = new Int32Array(this.#memory.buffer, POINTERS_AT, 256);
  }

  /** Sets the address of a shard: the inputs are numbered first, then the outputs. */
  place(shard: number, address: number): void {
    this.#pointers[shard] = address;
  }

  /** Multiplies the first `length` bytes, a multiple of TURN_BYTES, of the shards that were placed. */
  multiply(tables: NibbleTables, length: number): void {
    if (length === 0) return;
    if (this.#loaded !== tables) this.bytes.set(tables.bytes, TABLES_AT);
    this.#loaded = tables;
    const inputsEnd = POINTERS_AT + 4 * tables.inputs;
    for (const { firstRow, rows, tablesAt } of tables.groups) {
      const run = this.#kernel(kernelShape(rows, tables.inputs, tables.isPaired));
      run(TABLES_AT + tablesAt, POINTERS_AT, inputsEnd, inputsEnd + 4 * firstRow, 0, length);
    }
  }

  #kernel(shape: KernelShape): Kernel {
    const key = keyOf(shape);
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#compiler.instantiate(shape, this.#memory);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

function keyOf({ rows, inputs, isPaired }: KernelShape): number {
  return (inputs * (MAX_KERNEL_ROWS + 1) + rows) * 2 + Number(isPaired);
}
