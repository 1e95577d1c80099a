import { writeU32 } from "@millrace/base";
import type { BufferPool } from "@millrace/buffers";
import { shuffleBytes } from "@millrace/codecs";
import { compressBytes, compressBytesSync, compressLzf } from "@millrace/compress";
import { type FilledFilters, filtersInOrder } from "./filters.ts";
import { fletcher32 } from "./fletcher32.ts";

/** A chunk before its filters. */
export interface PlainChunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of rows; what is behind them is 0. */
  readonly filledBytes: number;
  readonly elementBytes: number;
  readonly filters: FilledFilters;
}

/** A chunk as the file has it. */
export interface FilteredChunk {
  readonly bytes: Uint8Array;
  /** Bit i: filter i was left out, since it would not have made the chunk smaller. */
  readonly filterMask: number;
}

/** Filters a chunk, with compression in libuv's pool. Without filters its bytes are those of `chunk`. */
export async function applyFilters(chunk: PlainChunk, pool: BufferPool): Promise<FilteredChunk> {
  const { codec, level, strategy, fletcher32: isChecked, given } = chunk.filters;
  const shuffled = shuffleInto(chunk, pool);
  const plain = shuffled ?? chunk.bytes;
  try {
    if (codec === "deflate" || codec === "zstd") {
      return finish(chunk, await compressBytes(plain, codec, level, strategy));
    }
    if (given !== undefined) return finish(chunk, given.encode(plain, chunk.filledBytes));
    const packed = codec === "lzf" ? packLzf(plain, new Uint8Array(plain.length)) : plain;
    if (packed !== undefined && packed !== plain) return finish(chunk, packed);
    // The shuffled bytes themselves are written, so they must outlive their buffer.
    const kept = shuffled === undefined || isChecked ? plain : plain.slice();
    return finish(chunk, kept, packed === undefined);
  } finally {
    if (shuffled !== undefined) pool.give(shuffled.buffer);
  }
}

/** Filters a chunk on this thread. @param use - gets it; the bytes are valid inside the call only */
export function applyFiltersSync(
  chunk: PlainChunk,
  pool: BufferPool,
  use: (filtered: FilteredChunk) => void,
): void {
  const { codec, level, strategy, given } = chunk.filters;
  const shuffled = shuffleInto(chunk, pool);
  const plain = shuffled ?? chunk.bytes;
  const room = codec === "lzf" ? pool.take(plain.length) : undefined;
  try {
    if (codec === "deflate" || codec === "zstd") {
      use(finish(chunk, compressBytesSync(plain, codec, level, strategy)));
    } else if (given !== undefined) use(finish(chunk, given.encode(plain, chunk.filledBytes)));
    else {
      const packed = room === undefined ? plain : packLzf(plain, new Uint8Array(room, 0, plain.length));
      use(finish(chunk, packed ?? plain, packed === undefined));
    }
  } finally {
    if (shuffled !== undefined) pool.give(shuffled.buffer);
    if (room !== undefined) pool.give(room);
  }
}

/** The shuffled chunk in a buffer of the pool, or undefined when there is nothing to shuffle. */
function shuffleInto(
  { bytes, elementBytes, filters }: PlainChunk,
  pool: BufferPool,
): Uint8Array<ArrayBuffer> | undefined {
  if (!filters.shuffle || elementBytes === 1) return undefined;
  const shuffled = new Uint8Array(pool.take(bytes.length), 0, bytes.length);
  shuffleBytes(bytes, 0, bytes.length, elementBytes, shuffled, 0);
  return shuffled;
}

/** @returns undefined when it does not get smaller: readers tell it from a plain chunk by its mask only */
function packLzf(plain: Uint8Array, room: Uint8Array): Uint8Array | undefined {
  const length = compressLzf(plain, room.subarray(0, plain.length - 1));
  return length === 0 ? undefined : room.subarray(0, length);
}

function finish(
  { filters, elementBytes }: PlainChunk,
  bytes: Uint8Array,
  isUncompressed = false,
): FilteredChunk {
  const filterMask = isUncompressed ? 1 << filtersInOrder(filters, elementBytes).indexOf("lzf") : 0;
  if (!filters.fletcher32) return { bytes, filterMask };
  const checked = new Uint8Array(bytes.length + 4);
  checked.set(bytes);
  writeU32(checked, bytes.length, fletcher32(bytes, 0, bytes.length));
  return { bytes: checked, filterMask };
}
