import { readU32 } from "@millrace/base";
import { newHasher } from "@millrace/compress";
import { type ByteSource, readSourceFull } from "@millrace/files";
import type { ShardBackend } from "./backend.ts";
import { shardKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import {
  corruptShard,
  decodeShardHeader,
  decodeShardTrailer,
  encodeShardHeader,
  MAX_HEADER_BYTES,
  type ShardHeader,
  TRAILER_BYTES,
  unitChecksum,
} from "./shard-format.ts";
import { bodyBytes, CHECKSUM_BYTES, stripeCount, stripeOffset, unitBytesOf } from "./stripe-layout.ts";

/** One shard that is read: it is what the manifest says, or it cannot be opened. */
export class ShardInput {
  readonly index: number;
  readonly #manifest: Manifest;
  readonly #source: ByteSource;
  readonly #headerBytes: number;
  readonly #headerCrc: number;

  private constructor(
    index: number,
    manifest: Manifest,
    source: ByteSource,
    headerBytes: number,
    headerCrc: number,
  ) {
    this.index = index;
    this.#manifest = manifest;
    this.#source = source;
    this.#headerBytes = headerBytes;
    this.#headerCrc = headerCrc;
  }

  /**
   * Opens a shard and checks that header, trailer and size are those of this object, upload and number.
   * @throws IoError `FILES_NOT_FOUND` when it is missing
   * @throws CorruptDataError `STORE_SHARD_CORRUPT` when it is not that shard
   */
  static async open(
    backend: ShardBackend,
    key: string,
    manifest: Manifest,
    index: number,
  ): Promise<ShardInput> {
    const source = await backend.open("shards", shardKey(key, manifest.uploadId, index));
    try {
      const head = new Uint8Array(Math.min(source.size, MAX_HEADER_BYTES));
      await readSourceFull(source, head, 0);
      const { header, headerBytes, headerCrc } = decodeShardHeader(head, source.name);
      checkIdentity(source.name, header, { ...manifest, shardIndex: index });
      const trailerAt = headerBytes + bodyBytes(manifest);
      if (source.size !== trailerAt + TRAILER_BYTES) {
        const problem = `the file has ${source.size} bytes, ${trailerAt + TRAILER_BYTES} were written; it was cut short or added to`;
        throw corruptShard(source.name, source.size, problem);
      }
      const tail = new Uint8Array(TRAILER_BYTES);
      await readSourceFull(source, tail, trailerAt);
      const trailer = decodeShardTrailer(tail, headerCrc, source.name, trailerAt);
      const isSame =
        trailer.bytes === manifest.bytes &&
        trailer.sha256 === manifest.sha256 &&
        trailer.digest === manifest.shards[index]!.digest;
      if (!isSame)
        throw corruptShard(source.name, trailerAt, "size and digests are not those of the manifest");
      return new ShardInput(index, manifest, source, headerBytes, headerCrc);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /**
   * Reads one unit with its checksum.
   * @param slot - gets both; as long as they are
   * @throws CorruptDataError `STORE_SHARD_CORRUPT` when the checksum is wrong
   */
  async read(slot: Uint8Array, stripe: number): Promise<void> {
    const at = this.#headerBytes + stripeOffset(this.#manifest, stripe);
    await readSourceFull(this.#source, slot, at);
    const found = unitChecksum(slot, CHECKSUM_BYTES, slot.length, this.#headerCrc, stripe);
    if (found !== readU32(slot, 0)) {
      throw corruptShard(this.#source.name, at, `the checksum of unit ${stripe} is wrong`);
    }
  }

  /**
   * Reads the whole shard.
   * @param memory - room for one checksum and unit
   * @param onUnit - told of each unit, with what is wrong with it
   * @throws CorruptDataError `STORE_SHARD_CORRUPT` when each unit fits its checksum, but they are not those written
   */
  async scan(memory: Uint8Array, onUnit: (stripe: number, problem: unknown) => void): Promise<void> {
    const manifest = this.#manifest;
    const digest = newHasher("sha256");
    digest.update(encodeShardHeader({ ...manifest, shardIndex: this.index }));
    const stripes = stripeCount(manifest);
    let isWhole = true;
    for (let stripe = 0; stripe < stripes; stripe++) {
      const slot = memory.subarray(0, CHECKSUM_BYTES + unitBytesOf(manifest, stripe));
      let problem: unknown;
      try {
        await this.read(slot, stripe);
      } catch (error) {
        problem = error;
        isWhole = false;
      }
      digest.update(slot.subarray(0, CHECKSUM_BYTES));
      onUnit(stripe, problem);
    }
    if (!isWhole || digest.digestHex() === manifest.shards[this.index]!.digest) return;
    throw corruptShard(this.#source.name, this.#headerBytes, "its checksums are not those that were written");
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** A shard is known by its header, never by where it was found. */
function checkIdentity(path: string, found: ShardHeader, expected: ShardHeader): void {
  const names = [
    "object",
    "uploadId",
    "shardIndex",
    "dataShards",
    "parityShards",
    "codeFamily",
    "unitBytes",
  ] as const;
  for (const name of names) {
    if (found[name] === expected[name]) continue;
    const problem = `this is another shard: its ${name} is ${JSON.stringify(found[name])}, expected ${JSON.stringify(expected[name])}`;
    throw corruptShard(path, 0, problem);
  }
}
