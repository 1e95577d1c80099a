import {
  type CodeFamily,
  type ErasureEngine,
  newReedSolomon,
  newRonomonEngine,
} from "@millrace/reed-solomon";

/** The code families that a store can write; a shard's header has a family's place in this list. */
export const CODE_FAMILIES: readonly CodeFamily[] = Object.freeze([
  "vandermonde",
  "cauchy",
  "ronomon-cauchy",
] as const);

/** How many sets of memory of one size are kept for the next batch. */
const KEPT_MEMORIES = 4;

/** What codes the shards of one shape; one a store and shape, since each memory is one of WebAssembly. */
export class Coder {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly #engine: ErasureEngine | undefined;
  readonly #free = new Map<number, Uint8Array[][]>();

  /** @param engine - undefined for an object in one piece, without parity */
  constructor(dataShards: number, parityShards: number, engine: ErasureEngine | undefined) {
    this.dataShards = dataShards;
    this.parityShards = parityShards;
    this.#engine = engine;
  }

  get shards(): number {
    return this.dataShards + this.parityShards;
  }

  /** Memory for all shards, which the engine codes where it is; its content is whatever was there before. */
  take(shardBytes: number): Uint8Array[] {
    const kept = this.#free.get(shardBytes)?.pop();
    if (kept !== undefined) return kept;
    if (this.#engine !== undefined) return this.#engine.allocateShards(shardBytes);
    return Array.from({ length: this.shards }, () => new Uint8Array(shardBytes));
  }

  /** Gives memory of {@link take} back; once. */
  give(memory: Uint8Array[]): void {
    const { length } = memory[0]!;
    const kept = this.#free.get(length) ?? [];
    if (kept.length < KEPT_MEMORIES) kept.push(memory);
    this.#free.set(length, kept);
  }

  /** Fills the parity units of a stripe. */
  async encode(units: readonly Uint8Array[]): Promise<void> {
    await this.#engine?.encode(units);
  }

  /** Fills units of a stripe that are missing; without parity there is nothing that could. */
  async reconstruct(
    units: readonly Uint8Array[],
    present: readonly number[],
    wanted: readonly number[],
  ): Promise<void> {
    await this.#engine?.reconstruct(units, present, wanted);
  }
}

/** The coders of a store. */
export class Coders {
  readonly #coders = new Map<string, Promise<Coder>>();

  /**
   * The coder of a shape.
   * @throws MillraceError `REED_SOLOMON_RONOMON_ABSENT` when that is the native addon and it is not installed
   */
  get(codeFamily: CodeFamily, dataShards: number, parityShards: number): Promise<Coder> {
    const key = `${codeFamily} ${dataShards} ${parityShards}`;
    const coder = this.#coders.get(key) ?? makeCoder(codeFamily, dataShards, parityShards);
    this.#coders.set(key, coder);
    return coder;
  }
}

async function makeCoder(codeFamily: CodeFamily, dataShards: number, parityShards: number): Promise<Coder> {
  const options = { dataShards, parityShards };
  if (parityShards === 0) return new Coder(dataShards, 0, undefined);
  const engine =
    codeFamily === "ronomon-cauchy"
      ? await newRonomonEngine(options)
      : newReedSolomon({ ...options, matrix: codeFamily });
  return new Coder(dataShards, parityShards, engine);
}
