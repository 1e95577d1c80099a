import { checkOneOf, resolveOptions } from "@millrace/base";
import { MATRIX_NAMES, type MatrixName, parityMatrix } from "./code-matrix.ts";
import { decodeMatrix } from "./decode-matrix.ts";
import { checkAllShards, checkShardCounts, chooseSources, type ErasureEngine } from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { multiplyShards, type PreparedMatrix, prepareMatrix } from "./multiply.ts";
import { selfTest } from "./self-test.ts";

/** The shape of a code. */
export interface ReedSolomonOptions {
  /** Shards that hold the data, 1 or more. @default 4 */
  readonly dataShards?: number;
  /** Shards that may be lost, 1 or more; 256 with the data shards at the most. @default 2 */
  readonly parityShards?: number;
  /** Which parity bytes are made. @default "vandermonde" */
  readonly matrix?: MatrixName;
}

/** What {@link ReedSolomonOptions} are when they are not given. */
export const DEFAULT_REED_SOLOMON_OPTIONS: Required<ReedSolomonOptions> = Object.freeze({
  dataShards: 4,
  parityShards: 2,
  matrix: "vandermonde",
});

/** Losses come in few patterns: those of the disks that are gone. One more than this, and the oldest is made anew. */
const CACHED_DECODERS = 8;
/** What `verify` computes at a time, so that it needs little memory of its own. */
const VERIFY_BYTES = 4096;

/**
 * Makes the engine in plain TypeScript; it runs everywhere, on this thread. The first call tests it against known
 * bytes.
 * @throws InvalidArgumentError for an unknown option or one outside its range
 * @example
 * const engine = newReedSolomon({ dataShards: 4, parityShards: 2 });
 * const shards = Array.from({ length: 6 }, () => new Uint8Array(1024));
 * await engine.encode(shards);
 */
export function newReedSolomon(options?: ReedSolomonOptions): ErasureEngine {
  const filled = resolveOptions<Required<ReedSolomonOptions>>(
    "reed-solomon",
    DEFAULT_REED_SOLOMON_OPTIONS,
    options,
  );
  checkShardCounts(filled.dataShards, filled.parityShards);
  checkOneOf("reed-solomon", "matrix", filled.matrix, MATRIX_NAMES);
  selfTest();
  return new TypeScriptEngine(filled);
}

class TypeScriptEngine implements ErasureEngine {
  readonly name = "typescript";
  readonly alignmentBytes = 1;
  readonly codeFamily: MatrixName;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly #parity: Matrix;
  readonly #encoder: PreparedMatrix;
  /** By sources and wanted shards; the key order is the order of last use. */
  readonly #decoders = new Map<string, PreparedMatrix>();

  constructor({ dataShards, parityShards, matrix }: Required<ReedSolomonOptions>) {
    this.codeFamily = matrix;
    this.dataShards = dataShards;
    this.parityShards = parityShards;
    this.#parity = parityMatrix(matrix, dataShards, parityShards);
    this.#encoder = prepareMatrix(this.#parity);
  }

  async encode(shards: readonly Uint8Array[]): Promise<void> {
    checkAllShards(this, shards);
    multiplyShards(this.#encoder, shards.slice(0, this.dataShards), shards.slice(this.dataShards));
  }

  async reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
  ): Promise<void> {
    const sources = chooseSources(this, shards, present, wanted);
    if (wanted.length === 0) return;
    multiplyShards(
      this.#decoder(sources, wanted),
      sources.map((index) => shards[index]!),
      wanted.map((index) => shards[index]!),
    );
  }

  async verify(shards: readonly Uint8Array[]): Promise<boolean> {
    checkAllShards(this, shards);
    const length = shards[0]!.length;
    const scratch = Array.from({ length: this.parityShards }, () => new Uint8Array(VERIFY_BYTES));
    for (let start = 0; start < length; start += VERIFY_BYTES) {
      const end = Math.min(length, start + VERIFY_BYTES);
      const expected = scratch.map((bytes) => bytes.subarray(0, end - start));
      const data = shards.slice(0, this.dataShards).map((shard) => shard.subarray(start, end));
      multiplyShards(this.#encoder, data, expected);
      for (const [i, bytes] of expected.entries()) {
        if (!areEqual(bytes, shards[this.dataShards + i]!, start)) return false;
      }
    }
    return true;
  }

  #decoder(sources: readonly number[], wanted: readonly number[]): PreparedMatrix {
    const key = `${sources.join()}>${wanted.join()}`;
    const decoder = this.#decoders.get(key) ?? prepareMatrix(decodeMatrix(this.#parity, sources, wanted));
    this.#decoders.delete(key);
    this.#decoders.set(key, decoder);
    if (this.#decoders.size > CACHED_DECODERS) {
      this.#decoders.delete(this.#decoders.keys().next().value!);
    }
    return decoder;
  }
}

function areEqual(bytes: Uint8Array, other: Uint8Array, otherStart: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== other[otherStart + i]) return false;
  return true;
}
