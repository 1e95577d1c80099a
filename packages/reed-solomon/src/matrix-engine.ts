import { checkInteger } from "@millrace/base";
import type { Arithmetic, MultiplyShards } from "./arithmetic.ts";
import { type MatrixName, parityMatrix } from "./code-matrix.ts";
import { decodeMatrix } from "./decode-matrix.ts";
import { checkAllShards, chooseSources, type ErasureEngine, MAX_SHARD_BYTES } from "./engine.ts";
import type { Matrix } from "./matrix.ts";

/** Losses come in few patterns: those of the disks that are gone. One more than this, and the oldest is made anew. */
const CACHED_DECODERS = 8;
/** What `verify` computes at a time, so that it needs little memory of its own. */
const VERIFY_BYTES = 4096;

/** The engine of the codes with a generator matrix, over any arithmetic; it works on the calling thread. */
export class MatrixEngine implements ErasureEngine {
  readonly name: string;
  readonly alignmentBytes = 1;
  readonly codeFamily: MatrixName;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly #arithmetic: Arithmetic;
  readonly #parity: Matrix;
  readonly #encode: MultiplyShards;
  /** By sources and wanted shards; the key order is the order of last use. */
  readonly #decoders = new Map<string, MultiplyShards>();

  constructor(arithmetic: Arithmetic, matrix: MatrixName, dataShards: number, parityShards: number) {
    this.name = arithmetic.name;
    this.codeFamily = matrix;
    this.dataShards = dataShards;
    this.parityShards = parityShards;
    this.#parity = parityMatrix(matrix, dataShards, parityShards);
    this.#arithmetic = arithmetic;
    this.#encode = arithmetic.prepare(this.#parity);
  }

  allocateShards(shardBytes: number): Uint8Array[] {
    checkInteger("reed-solomon", "shardBytes", shardBytes, 0, MAX_SHARD_BYTES);
    return this.#arithmetic.allocate(this.dataShards + this.parityShards, shardBytes);
  }

  async encode(shards: readonly Uint8Array[]): Promise<void> {
    checkAllShards(this, shards);
    this.#encode(shards.slice(0, this.dataShards), shards.slice(this.dataShards));
  }

  async reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
  ): Promise<void> {
    const sources = chooseSources(this, shards, present, wanted);
    if (wanted.length === 0) return;
    const targets = [...new Set(wanted)];
    this.#decoder(sources, targets)(
      sources.map((index) => shards[index]!),
      targets.map((index) => shards[index]!),
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
      this.#encode(data, expected);
      for (const [i, bytes] of expected.entries()) {
        if (!areEqual(bytes, shards[this.dataShards + i]!, start)) return false;
      }
    }
    return true;
  }

  #decoder(sources: readonly number[], wanted: readonly number[]): MultiplyShards {
    // Numbers are below 256; joining them as text takes longer.
    const key = String.fromCharCode(...sources, 256, ...wanted);
    const decoder =
      this.#decoders.get(key) ?? this.#arithmetic.prepare(decodeMatrix(this.#parity, sources, wanted));
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
