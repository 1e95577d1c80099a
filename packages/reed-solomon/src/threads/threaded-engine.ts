import { checkInteger, checkOneOf, MillraceError, resolveOptions, webAssembly } from "@millrace/base";
import { WorkerPool } from "@millrace/stream";
import { MATRIX_NAMES, type MatrixName } from "../code-matrix.ts";
import { checkAllShards, checkShardCounts, chooseSources, type ErasureEngine } from "../engine.ts";
import { MatrixEngine } from "../matrix-engine.ts";
import { checkStripes, type Stripes } from "../stripes.ts";
import { findWasm } from "../wasm/find-wasm.ts";
import { findSwizzle, WasmArithmetic } from "../wasm/wasm-arithmetic.ts";
import type { CodingTask } from "./coding-task.ts";
import { shareOut } from "./share-out.ts";

/** The shape of a code, and how many threads work on it. */
export interface ThreadedOptions {
  /** Shards that hold the data, 1 or more. @default 4 */
  readonly dataShards?: number;
  /** Shards that may be lost, 1 or more; 256 with the data shards at the most. @default 2 */
  readonly parityShards?: number;
  /** Which parity bytes are made. @default "vandermonde" */
  readonly matrix?: MatrixName;
  /** Threads beside the one that calls, 1 to 64. @default 2 */
  readonly threads?: number;
}

/** What {@link ThreadedOptions} are when they are not given. */
export const DEFAULT_THREADED_OPTIONS: Required<ThreadedOptions> = Object.freeze({
  dataShards: 4,
  parityShards: 2,
  matrix: "vandermonde",
  threads: 2,
});

/** Below this a call is done where it is made: waking a thread takes as long. */
const LEAST_BYTES = 1 << 18;

/** An engine whose threads have to be stopped. */
export interface ThreadedEngine extends ErasureEngine, AsyncDisposable {
  /** Stops the threads; calls that are under way fail. Again does nothing. */
  close(): Promise<void>;
}

/**
 * Makes an engine in WebAssembly whose stripes are coded by threads of its own, in memory of `allocateShards`, which
 * they share. The bytes are those of `newReedSolomon`. Shards elsewhere, and calls of less than 256 KiB, are coded by
 * the thread that calls.
 * @throws InvalidArgumentError for an unknown option or one outside its range
 * @throws MillraceError `REED_SOLOMON_WASM_UNAVAILABLE` where WebAssembly does not run
 * @example
 * await using engine = newThreadedReedSolomon({ dataShards: 10, parityShards: 4, threads: 2 });
 * const shards = engine.allocateShards(16 * 65536);
 * await engine.encode(shards, { start: 0, unitBytes: 65536, stride: 65536, count: 16 });
 */
export function newThreadedReedSolomon(options?: ThreadedOptions): ThreadedEngine {
  const resolved = resolveOptions<Required<ThreadedOptions>>(
    "reed-solomon",
    DEFAULT_THREADED_OPTIONS,
    options,
  );
  checkShardCounts(resolved.dataShards, resolved.parityShards);
  checkOneOf("reed-solomon", "matrix", resolved.matrix, MATRIX_NAMES);
  checkInteger("reed-solomon", "threads", resolved.threads, 1, 64);
  const api = webAssembly();
  const swizzle = findWasm().arithmetic === undefined ? undefined : findSwizzle(api!);
  if (api === undefined || swizzle === undefined) {
    throw new MillraceError(
      "REED_SOLOMON_WASM_UNAVAILABLE",
      "reed-solomon: WebAssembly with 128-bit vectors does not run here, and nothing else is shared by threads; use newReedSolomon",
      { cause: findWasm().problem },
    );
  }
  return new WasmThreads(new WasmArithmetic(api, swizzle, resolved.threads + 1), resolved);
}

class WasmThreads extends MatrixEngine implements ThreadedEngine {
  readonly #arithmetic: WasmArithmetic;
  readonly #matrix: MatrixName;
  readonly #pool: WorkerPool<CodingTask, void>;
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;

  constructor(
    arithmetic: WasmArithmetic,
    { matrix, dataShards, parityShards, threads }: Required<ThreadedOptions>,
  ) {
    super(arithmetic, matrix, dataShards, parityShards);
    this.#arithmetic = arithmetic;
    this.#matrix = matrix;
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#pool = new WorkerPool(new URL(`./coding-worker.${ending}`, import.meta.url), { threads });
  }

  override async encode(shards: readonly Uint8Array[], stripes?: Stripes): Promise<void> {
    checkAllShards(this, shards);
    if (!(await this.#share(shards, shards[0]!.length, stripes, undefined))) {
      await super.encode(shards, stripes);
    }
  }

  override async reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
    stripes?: Stripes,
  ): Promise<void> {
    const sources = chooseSources(this, shards, present, wanted);
    const loss = { present: sources, wanted };
    const used = shards.map((shard, i) => (sources.includes(i) || wanted.includes(i) ? shard : undefined));
    const isShared =
      wanted.length > 0 && (await this.#share(used, shards[sources[0]!]!.length, stripes, loss));
    if (!isShared) await super.reconstruct(shards, present, wanted, stripes);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Has the threads do it. @returns false when it is too little, or not in memory that they share */
  async #share(
    shards: readonly (Uint8Array | undefined)[],
    shardBytes: number,
    stripes: Stripes | undefined,
    loss: CodingTask["loss"],
  ): Promise<boolean> {
    const range = checkStripes(stripes, shardBytes, this.alignmentBytes);
    if (range.unitBytes * range.count * this.dataShards < LEAST_BYTES) return false;
    const memory = this.#arithmetic.memoryOf(shards);
    if (memory === undefined) return false;
    const id = this.#ids.get(memory) ?? this.#nextId++;
    this.#ids.set(memory, id);
    const task = {
      matrix: this.#matrix,
      dataShards: this.dataShards,
      parityShards: this.parityShards,
      threads: this.#pool.threads + 1,
      memoryId: id,
      memory,
      shardsAt: shards.map((shard) => shard?.byteOffset ?? -1),
      shardBytes,
      loss,
    };
    const shares = shareOut(range, this.#pool.threads);
    await Promise.all(shares.map((share) => this.#pool.run({ ...task, stripes: share })));
    return true;
  }
}
