import { createRequire } from "node:module";
import { checkInteger, MillraceError, resolveOptions } from "@millrace/base";
import { plainShards } from "./arithmetic.ts";
import {
  checkAllShards,
  checkShardCounts,
  chooseSources,
  type ErasureEngine,
  MAX_SHARD_BYTES,
} from "./engine.ts";
import { checkStripes, type Stripes } from "./stripes.ts";

/** The shape of a code of the native engine. */
export interface RonomonOptions {
  /** Shards that hold the data, 1 to 24. @default 4 */
  readonly dataShards?: number;
  /** Shards that may be lost, 1 to 6. @default 2 */
  readonly parityShards?: number;
}

const DEFAULT_RONOMON_OPTIONS: Required<RonomonOptions> = Object.freeze({ dataShards: 4, parityShards: 2 });
/** Limits of the addon, its MAX_K and MAX_M: beyond them an assertion ends the process. */
const MAX_DATA_SHARDS = 24;
const MAX_PARITY_SHARDS = 6;
/** Shard sizes that the addon takes are multiples of this. */
const ALIGNMENT_BYTES = 8;

/** What the addon exports, of which we use these (its README, "Usage"). */
interface Addon {
  create(k: number, m: number): Uint8Array;
  encode(
    context: Uint8Array,
    sources: number,
    targets: number,
    buffer: Uint8Array,
    bufferOffset: number,
    bufferSize: number,
    parity: Uint8Array,
    parityOffset: number,
    paritySize: number,
    end: (error: Error | undefined) => void,
  ): void;
}

/** True when the optional package `@ronomon/reed-solomon` is installed and its addon loads. */
export async function isRonomonInstalled(): Promise<boolean> {
  try {
    loadAddon();
    return true;
  } catch {
    // Not installed, not built or built for another Node: whichever, it cannot be used.
    return false;
  }
}

/**
 * Makes the engine over the native addon `@ronomon/reed-solomon`, an optional dependency; it works in libuv's threads.
 *
 * Its parity bytes are its own ("ronomon-cauchy") and depend on the length of the shards of a call: decode the
 * lengths that were encoded, never a part of them.
 *
 * @throws InvalidArgumentError for more than 24 data or 6 parity shards
 * @throws MillraceError `REED_SOLOMON_RONOMON_ABSENT` when the addon cannot be loaded
 */
export async function newRonomonEngine(options?: RonomonOptions): Promise<ErasureEngine> {
  const { dataShards, parityShards } = resolveOptions<Required<RonomonOptions>>(
    "reed-solomon",
    DEFAULT_RONOMON_OPTIONS,
    options,
  );
  checkShardCounts(dataShards, 1, MAX_DATA_SHARDS + 1);
  checkShardCounts(1, parityShards, MAX_PARITY_SHARDS + 1);
  let addon: Addon;
  try {
    addon = loadAddon();
  } catch (cause) {
    throw new MillraceError(
      "REED_SOLOMON_RONOMON_ABSENT",
      "reed-solomon: the native engine @ronomon/reed-solomon cannot be loaded; install it and let its install script run, or use the TypeScript engine",
      { cause },
    );
  }
  return new RonomonEngine(addon, dataShards, parityShards);
}

function loadAddon(): Addon {
  // Not import(): for addons that is experimental, and warns on stderr.
  return createRequire(import.meta.url)("@ronomon/reed-solomon") as Addon;
}

class RonomonEngine implements ErasureEngine {
  readonly name = "ronomon";
  readonly codeFamily = "ronomon-cauchy";
  readonly alignmentBytes: number = ALIGNMENT_BYTES;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly #addon: Addon;
  readonly #context: Uint8Array;
  /** Memory of calls that ended: the addon wants the shards of a call next to each other, so they are copied. */
  readonly #idle: Uint8Array[] = [];

  constructor(addon: Addon, dataShards: number, parityShards: number) {
    this.#addon = addon;
    this.dataShards = dataShards;
    this.parityShards = parityShards;
    this.#context = addon.create(dataShards, parityShards);
  }

  allocateShards(shardBytes: number): Uint8Array[] {
    checkInteger("reed-solomon", "shardBytes", shardBytes, 0, MAX_SHARD_BYTES);
    return plainShards(this.dataShards + this.parityShards, shardBytes);
  }

  async encode(shards: readonly Uint8Array[], stripes?: Stripes): Promise<void> {
    checkAllShards(this, shards);
    const numbers = shards.map((_, i) => i);
    await this.#make(shards, numbers.slice(0, this.dataShards), numbers.slice(this.dataShards), stripes);
  }

  async reconstruct(
    shards: readonly (Uint8Array | undefined)[],
    present: readonly number[],
    wanted: readonly number[],
    stripes?: Stripes,
  ): Promise<void> {
    const sources = chooseSources(this, shards, present, wanted);
    await this.#make(shards, sources, wanted, stripes);
  }

  async verify(shards: readonly Uint8Array[], stripes?: Stripes): Promise<boolean> {
    checkAllShards(this, shards);
    // Copies, so that what lies between the stripes is equal.
    const made = shards.map((shard, i) => (i < this.dataShards ? shard : shard.slice()));
    await this.encode(made, stripes);
    return made.every((shard, i) => shard === shards[i] || Buffer.compare(shard, shards[i]!) === 0);
  }

  async #make(
    shards: readonly (Uint8Array | undefined)[],
    sources: readonly number[],
    targets: readonly number[],
    stripes: Stripes | undefined,
  ): Promise<void> {
    const { start, unitBytes, stride, count } = checkStripes(
      stripes,
      shards[sources[0]!]!.length,
      ALIGNMENT_BYTES,
    );
    for (let i = 0, at = start; i < count; i++, at += stride) {
      const units = shards.map((shard) => shard?.subarray(at, at + unitBytes));
      await this.#makeUnits(units, sources, targets, unitBytes);
    }
  }

  async #makeUnits(
    shards: readonly (Uint8Array | undefined)[],
    sources: readonly number[],
    targets: readonly number[],
    length: number,
  ): Promise<void> {
    // An empty buffer reaches an assertion of the addon, and that ends the process.
    if (length === 0 || targets.length === 0) return;
    const dataBytes = this.dataShards * length;
    const totalBytes = dataBytes + this.parityShards * length;
    const idle = this.#idle.pop();
    const memory = idle !== undefined && idle.length >= totalBytes ? idle : new Uint8Array(totalBytes);
    for (const index of sources) memory.set(shards[index]!, index * length);
    await new Promise<void>((resolve, reject) => {
      this.#addon.encode(
        this.#context,
        flagsOf(sources),
        flagsOf(targets),
        memory,
        0,
        dataBytes,
        memory,
        dataBytes,
        totalBytes - dataBytes,
        (error) => (error ? reject(error) : resolve()),
      );
    });
    for (const index of targets) {
      shards[index]!.set(memory.subarray(index * length, (index + 1) * length));
    }
    this.#idle.push(memory);
  }
}

function flagsOf(numbers: readonly number[]): number {
  return numbers.reduce((flags, index) => flags | (1 << index), 0);
}
