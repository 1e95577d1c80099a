import { type Chunk, type ChunkGrid, type FindChunks, isInBox, newOrderCheck } from "./chunk-index.ts";
import type { Cursor } from "./cursor.ts";
import { NO_ADDRESS } from "./reader-file.ts";

/** Chunks in a version 1 B-tree, node type 1 (specification, III.A.1), by their offsets in elements. */
export function chunksOfBTreeV1(grid: ChunkGrid, address: number): FindChunks {
  return (box) => {
    const chunks: Chunk[] = [];
    if (address === NO_ADDRESS) return chunks;
    const rows = grid.chunkShape[0]!;
    const search: Search = {
      grid,
      firstRow: box.lo[0]! * rows,
      endRow: box.hi[0]! * rows,
      visited: new Set(),
      checkOrder: newOrderCheck(grid.file, address),
      add: (chunk) => {
        if (isInBox(chunk.place, box)) chunks.push(chunk);
      },
    };
    visitNode(search, address, 256);
    return chunks;
  };
}

interface Search {
  readonly grid: ChunkGrid;
  readonly firstRow: number;
  readonly endRow: number;
  readonly visited: Set<number>;
  readonly checkOrder: (place: readonly number[]) => void;
  readonly add: (chunk: Chunk) => void;
}

function visitNode(search: Search, address: number, levelAbove: number): void {
  const { grid, visited } = search;
  const { file, chunkShape } = grid;
  if (visited.has(address)) throw file.corrupt(address, "a node of a B-tree has two parents");
  visited.add(address);
  const headBytes = 8 + 2 * file.offsetBytes;
  const head = file.cursor(address, headBytes, "a B-tree of chunks");
  head.expectSignature("TREE");
  const kind = head.u8();
  const level = head.u8();
  const count = head.u16();
  if (kind !== 1 || level >= levelAbove) throw head.corrupt("there is no node of a B-tree of chunks");
  const keyBytes = 8 + 8 * (chunkShape.length + 1);
  const bytes = count * (keyBytes + file.offsetBytes) + keyBytes;
  const node = file.cursor(address + headBytes, bytes, "a B-tree of chunks");
  for (let i = 0; i < count; i++) {
    const start = i * (keyBytes + file.offsetBytes);
    // Keys are in the order of rows first, so that these two bound the rows of the child.
    const firstRow = rowOf(node, start);
    if (firstRow >= search.endRow) break;
    const nextRow = rowOf(node, start + keyBytes + file.offsetBytes);
    const isLast = i === count - 1;
    if (level === 0 ? firstRow < search.firstRow : nextRow < search.firstRow && !isLast) continue;
    node.at = start;
    if (level === 0) search.add(readChunk(search, node));
    else {
      node.skip(keyBytes);
      visitNode(search, node.offset(), level);
    }
  }
}

function rowOf(node: Cursor, keyStart: number): number {
  node.at = keyStart + 8;
  return node.u64();
}

function readChunk({ grid, checkOrder }: Search, node: Cursor): Chunk {
  const byteLength = node.u32();
  const filterMask = node.u32();
  const place = grid.chunkShape.map((size) => node.u64() / size);
  node.skip(8);
  if (!place.every(Number.isInteger)) throw node.corrupt("a chunk does not lie in the grid of chunks");
  checkOrder(place);
  return { address: node.offset(), byteLength, filterMask, place };
}
