import { CapacityError } from "@millrace/base";
import type { MemoryBudget } from "@millrace/stream";
import type { Coder } from "./engines.ts";
import { CHECKSUM_BYTES } from "./stripe-layout.ts";

/** Bytes of a batch, all shards together, where the budget allows: writes of a megabyte and more of each shard. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** A batch takes no more than this part of the budget, so that one is written while the next is coded. */
const BUDGET_PART = 4;
const MAX_STRIPES = 16;

/** Memory of a few stripes in a row: of each shard as many slots, of checksum and unit, as they lie in its file. */
export class StripeBatch {
  /** How many stripes there is room for. */
  readonly stripes: number;
  readonly #budget: MemoryBudget;
  readonly #coder: Coder;
  readonly #memory: Uint8Array[];
  readonly #slotBytes: number;
  readonly #bytes: number;

  private constructor(budget: MemoryBudget, coder: Coder, unitBytes: number, stripes: number) {
    this.stripes = stripes;
    this.#budget = budget;
    this.#coder = coder;
    this.#slotBytes = CHECKSUM_BYTES + unitBytes;
    this.#bytes = coder.shards * stripes * this.#slotBytes;
    this.#memory = coder.take(stripes * this.#slotBytes);
  }

  /**
   * How many stripes a batch has: a power of two, so that memory is used again.
   * @param wanted - how many there are; undefined when nobody knows
   * @throws CapacityError `STORE_MEMORY_LIMIT` when not even one fits into the budget
   */
  static stripesFor(budget: MemoryBudget, coder: Coder, unitBytes: number, wanted?: number): number {
    const stripeBytes = coder.shards * (CHECKSUM_BYTES + unitBytes);
    if (stripeBytes > budget.limitBytes) {
      const what = `a stripe of ${coder.shards} units`;
      throw new CapacityError("STORE_MEMORY_LIMIT", what, stripeBytes, budget.limitBytes);
    }
    const room = Math.min(BATCH_BYTES, budget.limitBytes / BUDGET_PART) / stripeBytes;
    let stripes = 1;
    while (stripes < MAX_STRIPES && stripes * 2 <= room && stripes < (wanted ?? MAX_STRIPES)) stripes *= 2;
    return stripes;
  }

  /** Waits until the budget has room. */
  static async take(
    budget: MemoryBudget,
    coder: Coder,
    unitBytes: number,
    stripes: number,
    signal: AbortSignal | undefined,
  ): Promise<StripeBatch> {
    await budget.acquire(coder.shards * stripes * (CHECKSUM_BYTES + unitBytes), signal);
    return new StripeBatch(budget, coder, unitBytes, stripes);
  }

  /** The first `byteLength` bytes of one shard's slots, one after the other. */
  run(shard: number, byteLength: number): Uint8Array {
    return this.#memory[shard]!.subarray(0, byteLength);
  }

  /** The unit of one shard in the i-th stripe. */
  unit(shard: number, i: number, unitBytes: number): Uint8Array {
    const start = i * this.#slotBytes + CHECKSUM_BYTES;
    return this.#memory[shard]!.subarray(start, start + unitBytes);
  }

  /** Checksum and unit of one shard in the i-th stripe. */
  slot(shard: number, i: number, unitBytes: number): Uint8Array {
    const start = i * this.#slotBytes;
    return this.#memory[shard]!.subarray(start, start + CHECKSUM_BYTES + unitBytes);
  }

  /** The units of all shards in the i-th stripe. */
  units(i: number, unitBytes: number): Uint8Array[] {
    return this.#memory.map((_, shard) => this.unit(shard, i, unitBytes));
  }

  /** Gives the memory back; once. */
  release(): void {
    this.#coder.give(this.#memory);
    this.#budget.release(this.#bytes);
  }
}
