import { checkInteger } from "@millrace/base";
import type { Arithmetic, MultiplyShards } from "./arithmetic.ts";
import { type MatrixName, parityMatrix } from "./code-matrix.ts";
import { decodeMatrix } from "./decode-matrix.ts";
import { checkAllShards, chooseSources, type ErasureEngine, MAX_SHARD_BYTES } from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { checkStripes, type Stripes, wholeShards } from "./stripes.ts";

/** Losses come in few patterns: those of the disks that are gone. One more than this, and the oldest is made anew. */
const CACHED_DECODERS = 8;
/** What `verify` computes at a time, so that it needs little memory of its own; a multiple of 4. */
const VERIFY_BYTES = 16_384;

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

  async encode(shards: readonly Uint8Array[], stripes?: Stripes): Promise<void> {
    checkAllShards(this, shards);
    const range = checkStripes(stripes, shards[0]!.length, this.alignmentBytes);
    this.#encode(shards.slice(0, this.dataShards), shards.slice(this.dataShards), range);
  }

  async reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
    stripes?: Stripes,
  ): Promise<void> {
    const sources = chooseSources(this, shards, present, wanted);
    if (wanted.length === 0) return;
    const range = checkStripes(stripes, shards[sources[0]!]!.length, this.alignmentBytes);
    const targets = [...new Set(wanted)];
    this.#decoder(sources, targets)(
      sources.map((index) => shards[index]!),
      targets.map((index) => shards[index]!),
      range,
    );
  }

  async verify(shards: readonly Uint8Array[], stripes?: Stripes): Promise<boolean> {
    checkAllShards(this, shards);
    const { start, unitBytes, stride, count } = checkStripes(stripes, shards[0]!.length, this.alignmentBytes);
    for (let i = 0, at = start; i < count; i++, at += stride) {
      if (!this.#isParityRight(shards.map((shard) => shard.subarray(at, at + unitBytes)))) return false;
    }
    return true;
  }

  #isParityRight(shards: readonly Uint8Array[]): boolean {
    const { length } = shards[0]!;
    const data = shards.slice(0, this.dataShards);
    const made = Array.from({ length: this.parityShards }, () => new Int32Array(VERIFY_BYTES / 4));
    const given = new Int32Array(VERIFY_BYTES / 4);
    const givenBytes = new Uint8Array(given.buffer);
    for (let start = 0; start < length; start += VERIFY_BYTES) {
      const count = Math.min(VERIFY_BYTES, length - start);
      const words = Math.ceil(count / 4);
      this.#encode(
        data.map((shard) => shard.subarray(start, start + count)),
        made.map(({ buffer }) => new Uint8Array(buffer, 0, count)),
        wholeShards(count),
      );
      for (const [i, expected] of made.entries()) {
        // What of the last word lies behind the shards is the same in both.
        given[words - 1] = expected[words - 1]!;
        givenBytes.set(shards[this.dataShards + i]!.subarray(start, start + count));
        if (!areEqual(expected, given, words)) return false;
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

function areEqual(a: Int32Array, b: Int32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}
