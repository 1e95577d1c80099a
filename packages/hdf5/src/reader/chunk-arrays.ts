import { type Chunk, type ChunkGrid, type FindChunks, forEachPlace } from "./chunk-index.ts";
import type { Cursor } from "./cursor.ts";
import { newExtensibleArray } from "./extensible-array.ts";
import { newFixedArray } from "./fixed-array.ts";
import type { IndexPlace } from "./layout.ts";
import { NO_ADDRESS } from "./reader-file.ts";

/** The element of an array of chunks with this number, or undefined when it was never set. */
export type ChunkElements = (index: number) => Cursor | undefined;

/** The one chunk of a dataset that is no larger. */
export function singleChunk(grid: ChunkGrid, index: Extract<IndexPlace, { kind: "single" }>): FindChunks {
  const { address, filtered } = index;
  return ({ lo, hi }) => {
    if (address === NO_ADDRESS || lo.some((from, i) => from > 0 || hi[i]! < 1)) return [];
    const place = grid.counts.map(() => 0);
    return [
      { address, byteLength: filtered?.size ?? grid.chunkBytes, filterMask: filtered?.mask ?? 0, place },
    ];
  };
}

/** Chunks that lie one behind the other in the file, without filters. */
export function implicitChunks(grid: ChunkGrid, address: number): FindChunks {
  const numberOf = newNumbering(grid.maxCounts);
  return (box) => {
    const chunks: Chunk[] = [];
    if (address === NO_ADDRESS) return chunks;
    const last = numberOf(grid.counts.map((count) => count - 1));
    // Checked here, so that a shape that lies is found before its chunks are counted.
    if (address + (last + 1) * grid.chunkBytes > grid.file.size) {
      throw grid.file.corrupt(address, `${last + 1} chunks of ${grid.chunkBytes} bytes go beyond the file`);
    }
    forEachPlace(box, (place) => {
      chunks.push({
        address: address + numberOf(place) * grid.chunkBytes,
        byteLength: grid.chunkBytes,
        filterMask: 0,
        place: [...place],
      });
    });
    return chunks;
  };
}

/** Chunks in a fixed array: the dataset cannot grow beyond a shape that is known. */
export function fixedArrayChunks(grid: ChunkGrid, address: number): FindChunks {
  if (address === NO_ADDRESS) return () => [];
  return arrayChunks(grid, newNumbering(grid.maxCounts), () => newFixedArray(grid, address));
}

/** Chunks in an extensible array: the dataset grows without limit in one dimension, which counts first. */
export function extensibleArrayChunks(grid: ChunkGrid, address: number): FindChunks {
  if (address === NO_ADDRESS) return () => [];
  const endless = grid.maxCounts.indexOf(Number.POSITIVE_INFINITY);
  if (endless < 0)
    throw grid.file.corrupt(address, "an extensible array lists chunks of a shape with limits");
  const turned = (place: readonly number[]): number[] => [
    place[endless]!,
    ...place.slice(0, endless),
    ...place.slice(endless + 1),
  ];
  const numberOf = newNumbering(turned(grid.maxCounts));
  return arrayChunks(
    grid,
    (place) => numberOf(turned(place)),
    () => newExtensibleArray(grid, address),
  );
}

function arrayChunks(
  grid: ChunkGrid,
  numberOf: (place: readonly number[]) => number,
  open: () => ChunkElements,
): FindChunks {
  let elements: ChunkElements | undefined;
  return (box) => {
    elements ??= open();
    const chunks: Chunk[] = [];
    const find = elements;
    forEachPlace(box, (place) => {
      const element = find(numberOf(place));
      if (element === undefined) return;
      const address = element.offset();
      if (address === NO_ADDRESS) return;
      const byteLength = grid.isFiltered ? element.uint(grid.sizeBytes) : grid.chunkBytes;
      const filterMask = grid.isFiltered ? element.u32() : 0;
      chunks.push({ address, byteLength, filterMask, place: [...place] });
    });
    return chunks;
  };
}

/** Numbers places row-major; the first of the counts does not matter and may be infinite. */
function newNumbering(counts: readonly number[]): (place: readonly number[]) => number {
  return (place) => {
    let number = 0;
    for (let i = 0; i < place.length; i++) number = (i === 0 ? 0 : number * counts[i]!) + place[i]!;
    return number;
  };
}

/** Bytes of an element of either array. */
export function arrayElementBytes(grid: ChunkGrid): number {
  return grid.file.offsetBytes + (grid.isFiltered ? grid.sizeBytes + 4 : 0);
}

/** Checks what both arrays' headers begin with, behind the signature. @throws CorruptDataError */
export function checkArrayHead(grid: ChunkGrid, cursor: Cursor): void {
  cursor.version(0);
  const client = cursor.u8();
  if (client !== (grid.isFiltered ? 1 : 0))
    throw cursor.corrupt(`${cursor.what} is for elements of type ${client}`);
}
