import { writeU32 } from "@millrace/base";
import type { BufferPool } from "@millrace/buffers";
import { shuffleBytes } from "@millrace/codecs";
import { compressBytes, compressBytesSync } from "@millrace/compress";
import type { FilledFilters } from "./filters.ts";
import { fletcher32 } from "./fletcher32.ts";

/** A chunk before its filters. */
export interface PlainChunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly elementBytes: number;
  readonly filters: FilledFilters;
}

/** Filters a chunk, with compression in libuv's pool. @returns its bytes in the file, `bytes` itself without filters */
export async function applyFilters(chunk: PlainChunk, pool: BufferPool): Promise<Uint8Array> {
  const { filters } = chunk;
  const shuffled = shuffleInto(chunk, pool);
  const plain = shuffled ?? chunk.bytes;
  try {
    if (filters.deflate > 0) {
      return withChecksum(await compressBytes(plain, "deflate", filters.deflate, filters.strategy), filters);
    }
    // Without compression the shuffled bytes themselves are written, so they must outlive their buffer.
    return withChecksum(shuffled === undefined || filters.fletcher32 ? plain : plain.slice(), filters);
  } finally {
    if (shuffled !== undefined) pool.give(shuffled.buffer);
  }
}

/** Filters a chunk on this thread. @param use - gets its bytes in the file, which are valid inside the call only */
export function applyFiltersSync(
  chunk: PlainChunk,
  pool: BufferPool,
  use: (filtered: Uint8Array) => void,
): void {
  const { filters } = chunk;
  const shuffled = shuffleInto(chunk, pool);
  const plain = shuffled ?? chunk.bytes;
  try {
    const packed =
      filters.deflate === 0 ? plain : compressBytesSync(plain, "deflate", filters.deflate, filters.strategy);
    use(withChecksum(packed, filters));
  } finally {
    if (shuffled !== undefined) pool.give(shuffled.buffer);
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

function withChecksum(bytes: Uint8Array, filters: FilledFilters): Uint8Array {
  if (!filters.fletcher32) return bytes;
  const checked = new Uint8Array(bytes.length + 4);
  checked.set(bytes);
  writeU32(checked, bytes.length, fletcher32(bytes, 0, bytes.length));
  return checked;
}
