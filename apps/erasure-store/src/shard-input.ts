import { newHasher } from "@millrace/compress";
import { type ByteSource, readSourceFull } from "@millrace/files";
import type { ShardBackend } from "./backend.ts";
import type { BackendPace } from "./backend-pace.ts";
import { shardKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import {
  corruptShard,
  decodeShardHeader,
  decodeShardTrailer,
  encodeShardHeader,
  isUnitWhole,
  MAX_HEADER_BYTES,
  type ShardHeader,
  slotsOf,
  TRAILER_BYTES,
} from "./shard-format.ts";
import { bodyBytes, CHECKSUM_BYTES, runBytes, stripeCount, stripeOffset } from "./stripe-layout.ts";

/** One shard that is read: it is what the manifest says, or it cannot be opened. */
export class ShardInput {
  readonly index: number;
  /** Of its backend, where that is measured. */
  readonly pace: BackendPace | undefined;
  /** As its trailer has it. */
  readonly digest: string;
  readonly #manifest: Manifest;
  readonly #source: ByteSource;
  readonly #headerBytes: number;
  readonly #headerCrc: number;

  private constructor(
    manifest: Manifest,
    source: ByteSource,
    headerBytes: number,
    headerCrc: number,
    { index, digest, pace }: Pick<ShardInput, "index" | "digest" | "pace">,
  ) {
    this.index = index;
    this.pace = pace;
    this.digest = digest;
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
    signal?: AbortSignal,
  ): Promise<ShardInput> {
    const source = await backend.open("shards", shardKey(key, manifest.uploadId, index), signal);
    try {
      const head = new Uint8Array(Math.min(source.size, MAX_HEADER_BYTES));
      await readSourceFull(source, head, 0, signal);
      const { header, headerBytes, headerCrc } = decodeShardHeader(head, source.name);
      checkIdentity(source.name, header, { ...manifest, shardIndex: index });
      const trailerAt = headerBytes + bodyBytes(manifest);
      if (source.size !== trailerAt + TRAILER_BYTES) {
        const problem = `the file has ${source.size} bytes, ${trailerAt + TRAILER_BYTES} were written; it was cut short or added to`;
        throw corruptShard(source.name, source.size, problem);
      }
      const tail = new Uint8Array(TRAILER_BYTES);
      await readSourceFull(source, tail, trailerAt, signal);
      const trailer = decodeShardTrailer(tail, headerCrc, source.name, trailerAt);
      const isSame =
        trailer.bytes === manifest.bytes &&
        trailer.storedBytes === manifest.storedBytes &&
        trailer.sha256 === manifest.sha256 &&
        trailer.digest === (manifest.shards[index]!.digest ?? trailer.digest);
      if (!isSame)
        throw corruptShard(source.name, trailerAt, "size and digests are not those of the manifest");
      return new ShardInput(manifest, source, headerBytes, headerCrc, {
        index,
        digest: trailer.digest,
        pace: backend.pace,
      });
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /**
   * Reads the units of consecutive stripes, with their checksums.
   * @param run - gets all of it; as long as it is
   * @param isBad - told of each unit whose checksum is wrong
   * @throws IoError, CorruptDataError when the backend does not give the bytes
   */
  async read(
    run: Uint8Array,
    firstStripe: number,
    isBad: (stripe: number, problem: unknown) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const at = this.#headerBytes + stripeOffset(this.#manifest, firstStripe);
    await readSourceFull(this.#source, run, at, signal);
    const slotBytes = CHECKSUM_BYTES + this.#manifest.unitBytes;
    for (const slot of slotsOf(run.length, slotBytes, firstStripe)) {
      if (isUnitWhole(run, slot, this.#headerCrc)) continue;
      const problem = `the checksum of unit ${slot.stripe} is wrong`;
      isBad(slot.stripe, corruptShard(this.#source.name, at + slot.start, problem));
    }
  }

  /**
   * Reads the whole shard.
   * @param memory - room for one checksum and unit, better for several
   * @param onUnit - told of each unit, with what is wrong with it
   * @throws CorruptDataError `STORE_SHARD_CORRUPT` when each unit fits its checksum, but they are not those written
   */
  async scan(memory: Uint8Array, onUnit: (stripe: number, problem: unknown) => void): Promise<void> {
    const manifest = this.#manifest;
    const digest = newHasher("sha256");
    digest.update(encodeShardHeader({ ...manifest, shardIndex: this.index }));
    const slotBytes = CHECKSUM_BYTES + manifest.unitBytes;
    const most = Math.floor(memory.length / slotBytes);
    const stripes = stripeCount(manifest);
    let isWhole = true;
    for (let first = 0; first < stripes; first += most) {
      const count = Math.min(most, stripes - first);
      const run = memory.subarray(0, runBytes(manifest, first, count));
      const problems = new Map<number, unknown>();
      try {
        await this.read(run, first, (stripe, problem) => problems.set(stripe, problem));
      } catch (error) {
        for (let i = 0; i < count; i++) problems.set(first + i, error);
      }
      if (problems.size > 0) isWhole = false;
      for (let i = 0; i < count; i++) {
        digest.update(run.subarray(i * slotBytes, i * slotBytes + CHECKSUM_BYTES));
        onUnit(first + i, problems.get(first + i));
      }
    }
    if (!isWhole || digest.digestHex() === this.digest) return;
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
    "createdMs",
  ] as const;
  for (const name of names) {
    if (found[name] === expected[name]) continue;
    const problem = `this is another shard: its ${name} is ${JSON.stringify(found[name])}, expected ${JSON.stringify(expected[name])}`;
    throw corruptShard(path, 0, problem);
  }
}
