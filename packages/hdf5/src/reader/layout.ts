import type { Cursor } from "./cursor.ts";
import { elementCount } from "./dataspace.ts";

/** Where a dataset's bytes are. */
export type Layout =
  | { readonly kind: "compact"; readonly data: Cursor }
  | { readonly kind: "contiguous"; readonly address: number }
  | ChunkedLayout;

/** Chunks of one shape, found through an index. */
export interface ChunkedLayout {
  readonly kind: "chunked";
  readonly chunkShape: readonly number[];
  readonly index: IndexPlace;
  /** Whether chunks that reach beyond the dataset's shape are filtered as all others. */
  readonly areEdgesFiltered: boolean;
  /** Bytes that the size of a filtered chunk takes in newer indexes. */
  readonly sizeBytes: number;
}

/** The kind of a chunk index, and where it is. */
export type IndexPlace =
  | {
      readonly kind: "b-tree-1" | "implicit" | "fixed-array" | "extensible-array" | "b-tree-2";
      readonly address: number;
    }
  | {
      readonly kind: "single";
      readonly address: number;
      readonly filtered: { size: number; mask: number } | undefined;
    };

/**
 * Reads a layout message, versions 1 to 5 (specification, IV.A.2.i).
 * @param elementBytes - bytes of an element, by its type
 * @throws CorruptDataError
 * @throws MillraceError `HDF5_UNSUPPORTED_LAYOUT` for virtual datasets
 */
export function readLayout(cursor: Cursor, rank: number, elementBytes: number): Layout {
  const version = cursor.version(5, 1);
  if (version < 3) return readOldLayout(cursor, rank, elementBytes);
  const kind = cursor.u8();
  if (kind === 0) return { kind: "compact", data: cursor.sub(cursor.u16(), "compact data") };
  if (kind === 1) return { kind: "contiguous", address: cursor.offset() };
  if (kind === 3) throw cursor.file.unsupported("LAYOUT", "a virtual dataset");
  if (kind !== 2) throw cursor.corrupt(`a layout has the unknown class ${kind}`);
  return version === 3
    ? readChunked(cursor, rank, elementBytes)
    : readNewChunked(cursor, version, rank, elementBytes);
}

function readOldLayout(cursor: Cursor, rank: number, elementBytes: number): Layout {
  const layoutRank = cursor.u8();
  const kind = cursor.u8();
  cursor.skip(5);
  const address = kind === 0 ? -1 : cursor.offset();
  const sizes = Array.from({ length: layoutRank }, () => cursor.u32());
  if (kind === 1) return { kind: "contiguous", address };
  if (kind === 0) return { kind: "compact", data: cursor.sub(cursor.u32(), "compact data") };
  if (kind !== 2) throw cursor.corrupt(`a layout has the unknown class ${kind}`);
  // The last of the sizes is that of an element.
  return chunked(cursor, rank, elementBytes, sizes, { kind: "b-tree-1", address }, true, 4);
}

function readChunked(cursor: Cursor, rank: number, elementBytes: number): Layout {
  const layoutRank = cursor.u8();
  const address = cursor.offset();
  const sizes = Array.from({ length: layoutRank }, () => cursor.u32());
  return chunked(cursor, rank, elementBytes, sizes, { kind: "b-tree-1", address }, true, 4);
}

function readNewChunked(cursor: Cursor, version: number, rank: number, elementBytes: number): Layout {
  const flags = cursor.u8();
  const layoutRank = cursor.u8();
  const encodedBytes = cursor.u8();
  if (encodedBytes < 1 || encodedBytes > 8)
    throw cursor.corrupt(`sizes of chunks have ${encodedBytes} bytes`);
  const sizes = Array.from({ length: layoutRank }, () => cursor.uint(encodedBytes));
  const index = readIndexPlace(cursor, (flags & 2) !== 0);
  const chunkBytes = elementCount(sizes);
  // libhdf5's H5D_FARRAY_FILT_COMPUTE_CHUNK_SIZE_LEN: one byte more than the plain size needs.
  const needed = 1 + Math.floor((Math.floor(Math.log2(Math.max(chunkBytes, 1))) + 8) / 8);
  const sizeBytes = version > 4 ? cursor.file.lengthBytes : Math.min(8, needed);
  return chunked(cursor, rank, elementBytes, sizes, index, (flags & 1) === 0, sizeBytes);
}

/** What creates an index is in its own header as well; here only its place counts. */
function readIndexPlace(cursor: Cursor, isSingleFiltered: boolean): IndexPlace {
  const type = cursor.u8();
  switch (type) {
    case 1: {
      const filtered = isSingleFiltered ? { size: cursor.length(), mask: cursor.u32() } : undefined;
      return { kind: "single", address: cursor.offset(), filtered };
    }
    case 2:
      return { kind: "implicit", address: cursor.offset() };
    case 3:
      cursor.skip(1);
      return { kind: "fixed-array", address: cursor.offset() };
    case 4:
      cursor.skip(5);
      return { kind: "extensible-array", address: cursor.offset() };
    case 5:
      cursor.skip(6);
      return { kind: "b-tree-2", address: cursor.offset() };
    default:
      throw cursor.corrupt(`chunks have an index of the unknown type ${type}`);
  }
}

function chunked(
  cursor: Cursor,
  rank: number,
  elementBytes: number,
  sizes: readonly number[],
  index: IndexPlace,
  areEdgesFiltered: boolean,
  sizeBytes: number,
): ChunkedLayout {
  if (sizes.length !== rank + 1 || sizes[rank] !== elementBytes || sizes.some((size) => size < 1)) {
    throw cursor.corrupt(
      `chunks of ${sizes.join(" x ")} bytes do not fit ${rank} dimensions of ${elementBytes}-byte elements`,
    );
  }
  return { kind: "chunked", chunkShape: sizes.slice(0, rank), index, areEdgesFiltered, sizeBytes };
}
