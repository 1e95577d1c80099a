import type { ReaderFile } from "./reader-file.ts";

/** A chunk as its index has it. */
export interface Chunk {
  readonly address: number;
  /** Bytes in the file. */
  readonly byteLength: number;
  /** Bit i set: filter i of the pipeline was left out. */
  readonly filterMask: number;
  /** Place in the grid of chunks. */
  readonly place: readonly number[];
}

/** What all indexes know of their dataset. */
export interface ChunkGrid {
  readonly file: ReaderFile;
  readonly chunkShape: readonly number[];
  /** Chunks along each dimension of the shape as it is. */
  readonly counts: readonly number[];
  /** Chunks along each dimension of the largest shape; Infinity without a limit. */
  readonly maxCounts: readonly number[];
  readonly elementBytes: number;
  /** Bytes of a chunk before any filter. */
  readonly chunkBytes: number;
  readonly isFiltered: boolean;
  /** Bytes that the size of a filtered chunk takes in newer indexes. */
  readonly sizeBytes: number;
}

/** A box of the grid: places from `lo` to before `hi`. */
export interface GridBox {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** Finds the chunks that exist in a box of the grid, without reading more of the index than that needs. */
export type FindChunks = (box: GridBox) => Chunk[];

/** Whether a place is in a box. */
export function isInBox(place: readonly number[], { lo, hi }: GridBox): boolean {
  for (let i = 0; i < place.length; i++) if (place[i]! < lo[i]! || place[i]! >= hi[i]!) return false;
  return true;
}

/** Checks that places come in ascending order, each once. */
export function newOrderCheck(file: ReaderFile, address: number): (place: readonly number[]) => void {
  let last: readonly number[] | undefined;
  return (place) => {
    const before = last;
    last = place;
    if (before === undefined) return;
    for (let i = 0; i < place.length; i++) {
      if (place[i]! > before[i]!) return;
      if (place[i]! < before[i]!) break;
    }
    throw file.corrupt(address, `the chunk at [${place.join(", ")}] is out of order in its index`);
  };
}

/** Calls `visit` for every place of a box in order; the array is used again. */
export function forEachPlace({ lo, hi }: GridBox, visit: (place: readonly number[]) => void): void {
  if (lo.some((from, i) => from >= hi[i]!)) return;
  const place = [...lo];
  for (;;) {
    visit(place);
    let axis = place.length - 1;
    while (axis >= 0 && place[axis]! + 1 >= hi[axis]!) {
      place[axis] = lo[axis]!;
      axis--;
    }
    if (axis < 0) return;
    place[axis] = place[axis]! + 1;
  }
}
