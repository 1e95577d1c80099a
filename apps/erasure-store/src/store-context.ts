import { CapacityError } from "@millrace/base";
import { type BufferPool, sizeClassOf } from "@millrace/buffers";
import type { Vfs } from "@millrace/files";
import type { MemoryBudget, ProgressReport } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import type { StoreConfig } from "./config.ts";
import { CHECKSUM_BYTES } from "./stripe-layout.ts";

/** What the operations of one store share. */
export interface StoreContext {
  readonly vfs: Vfs;
  readonly config: Required<StoreConfig>;
  readonly backends: readonly ShardBackend[];
  readonly budget: MemoryBudget;
  readonly pool: BufferPool;
}

/** What every operation that can take long takes. */
export interface WorkOptions {
  /** Ends the work with an AbortedError; what was there before stays. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Told at most ten times a second how far it is. @default nobody */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
}

/** A stripe's memory: a slot for each shard, of a checksum and a unit. */
export class StripeMemory {
  readonly #context: StoreContext;
  readonly #buffer: ArrayBuffer;
  readonly #slotBytes: number;

  private constructor(context: StoreContext, buffer: ArrayBuffer, slotBytes: number) {
    this.#context = context;
    this.#buffer = buffer;
    this.#slotBytes = slotBytes;
  }

  /**
   * Waits until the budget has room for a stripe.
   * @throws CapacityError `STORE_MEMORY_LIMIT` when it never has
   */
  static async take(
    context: StoreContext,
    shards: number,
    unitBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<StripeMemory> {
    const slotBytes = CHECKSUM_BYTES + unitBytes;
    const bytes = sizeClassOf(shards * slotBytes);
    const { budget, pool } = context;
    if (bytes > budget.limitBytes) {
      throw new CapacityError("STORE_MEMORY_LIMIT", `a stripe of ${shards} units`, bytes, budget.limitBytes);
    }
    await budget.acquire(bytes, signal);
    return new StripeMemory(context, pool.take(bytes), slotBytes);
  }

  /** Checksum and unit of one shard, the unit `unitBytes` long. */
  slot(shard: number, unitBytes: number): Uint8Array {
    return new Uint8Array(this.#buffer, shard * this.#slotBytes, CHECKSUM_BYTES + unitBytes);
  }

  /** The unit of one shard. */
  unit(shard: number, unitBytes: number): Uint8Array {
    return this.slot(shard, unitBytes).subarray(CHECKSUM_BYTES);
  }

  /** Gives the memory back; once. */
  release(): void {
    this.#context.pool.give(this.#buffer);
    this.#context.budget.release(this.#buffer.byteLength);
  }
}
