import { assert } from "@millrace/base";
import { type Hasher, newHasher } from "@millrace/compress";
import type { BackendWriter, CreateOptions, ShardBackend } from "./backend.ts";
import {
  decodeShardHeader,
  encodeShardHeader,
  encodeShardTrailer,
  type ShardHeader,
  type ShardTrailer,
  sealUnit,
  slotsOf,
} from "./shard-format.ts";
import { CHECKSUM_BYTES } from "./stripe-layout.ts";

/**
 * One shard that a put writes. A backend that fails makes it a failed shard, and no error: whether the put can do
 * without it is not for a shard to say.
 */
export class ShardOutput {
  readonly backend: ShardBackend;
  readonly key: string;
  readonly #header: Uint8Array;
  readonly #headerCrc: number;
  readonly #digest: Hasher = newHasher("sha256");
  #writer: BackendWriter | undefined;
  #failure: unknown;
  #isCommitted = false;
  #digestHex: string | undefined;

  constructor(backend: ShardBackend, key: string, header: ShardHeader) {
    this.backend = backend;
    this.key = key;
    this.#header = encodeShardHeader(header);
    this.#headerCrc = decodeShardHeader(this.#header, key).headerCrc;
    this.#digest.update(this.#header);
  }

  /** Why the backend did not take it; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  /** SHA-256 of header and unit checksums; known after {@link commit}, for a failed shard, too. */
  get digest(): string {
    assert(this.#digestHex !== undefined, "a digest is asked for after the end");
    return this.#digestHex;
  }

  async open(options?: CreateOptions): Promise<void> {
    await this.#attempt(async () => {
      this.#writer = await this.backend.create("shards", this.key, options);
      await this.#writer.write(this.#header);
    });
  }

  /**
   * Puts checksums in front of units.
   * @param run - slots of consecutive stripes, each of room for a checksum and a unit
   * @param slotBytes - of each but the last, which may be shorter
   */
  seal(run: Uint8Array, slotBytes: number, firstStripe: number): void {
    for (const slot of slotsOf(run.length, slotBytes, firstStripe)) {
      sealUnit(run, slot, this.#headerCrc);
      this.#digest.update(run.subarray(slot.start, slot.start + CHECKSUM_BYTES));
    }
  }

  /** Appends what was sealed. @param run - must not change until the promise resolves */
  write(run: Uint8Array): Promise<void> {
    return this.#attempt((writer) => writer.write(run));
  }

  /** Ends the shard and makes it durable under its key; nothing refers to it yet. */
  async commit(trailer: Omit<ShardTrailer, "digest">): Promise<void> {
    this.#digestHex = this.#digest.digestHex();
    const end = encodeShardTrailer({ ...trailer, digest: this.#digestHex }, this.#headerCrc);
    await this.#attempt(async (writer) => {
      await writer.write(end);
      await writer.commit();
      this.#isCommitted = true;
    });
  }

  /** Leaves what is stored to a put that resumes, where the backend can do that. */
  async suspend(): Promise<void> {
    if (this.#writer?.suspend !== undefined) await this.#writer.suspend();
    else await this.discard();
  }

  /** Leaves nothing of the shard behind. @throws IoError when the backend refuses even that */
  async discard(): Promise<void> {
    await this.#writer?.abort();
    // A commit whose very last step failed may have left the file, too.
    if (this.#isCommitted || this.#digestHex !== undefined) await this.backend.remove("shards", this.key);
  }

  async #attempt(work: (writer: BackendWriter) => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await work(this.#writer!);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}
