import { openBTreeV2, type RecordSide, visitBTreeV2 } from "./btree-v2.ts";
import { type Chunk, type ChunkGrid, type FindChunks, isInBox, newOrderCheck } from "./chunk-index.ts";
import type { Cursor } from "./cursor.ts";
import { NO_ADDRESS } from "./reader-file.ts";

const PLAIN_TYPE = 10;
const FILTERED_TYPE = 11;

/** Chunks in a version 2 B-tree, types 10 and 11 (specification, III.A.2), by their places in the grid. */
export function chunksOfBTreeV2(grid: ChunkGrid, address: number): FindChunks {
  return (box) => {
    const chunks: Chunk[] = [];
    if (address === NO_ADDRESS) return chunks;
    const { file } = grid;
    const tree = openBTreeV2(file, address);
    const placeBytes = 8 * grid.chunkShape.length;
    const isFiltered = tree.type === FILTERED_TYPE;
    const recordBytes = file.offsetBytes + (isFiltered ? grid.sizeBytes + 4 : 0) + placeBytes;
    const isRight = tree.type === (grid.isFiltered ? FILTERED_TYPE : PLAIN_TYPE);
    if (!isRight || tree.recordBytes !== recordBytes) {
      throw file.corrupt(address, `chunks are listed by a B-tree of type ${tree.type}`);
    }
    const [firstRow, endRow] = [box.lo[0]!, box.hi[0]!];
    const side: RecordSide = (record) => {
      record.at = recordBytes - placeBytes;
      const row = record.u64();
      return row < firstRow ? "before" : row >= endRow ? "behind" : "inside";
    };
    const checkOrder = newOrderCheck(file, address);
    visitBTreeV2(tree, side, (record) => {
      const chunk = readRecord(grid, record, isFiltered);
      checkOrder(chunk.place);
      if (isInBox(chunk.place, box)) chunks.push(chunk);
    });
    return chunks;
  };
}

function readRecord(grid: ChunkGrid, record: Cursor, isFiltered: boolean): Chunk {
  const address = record.offset();
  const byteLength = isFiltered ? record.uint(grid.sizeBytes) : grid.chunkBytes;
  const filterMask = isFiltered ? record.u32() : 0;
  return { address, byteLength, filterMask, place: grid.chunkShape.map(() => record.u64()) };
}
