import { arrayElementBytes, type ChunkElements, checkArrayHead } from "./chunk-arrays.ts";
import type { ChunkGrid } from "./chunk-index.ts";
import type { Cursor } from "./cursor.ts";
import { NO_ADDRESS } from "./reader-file.ts";

/** Opens a fixed array of chunks (specification, VII.C). @throws CorruptDataError */
export function newFixedArray(grid: ChunkGrid, address: number): ChunkElements {
  const { file } = grid;
  const { offsetBytes, lengthBytes } = file;
  const header = file.checkedCursor(address, 8 + lengthBytes + offsetBytes + 4, "a fixed array");
  header.expectSignature("FAHD");
  checkArrayHead(grid, header);
  const elementBytes = header.u8();
  const pageBits = header.u8();
  const count = header.length();
  const blockAddress = header.offset();
  if (elementBytes !== arrayElementBytes(grid) || pageBits > 32) {
    throw header.corrupt(
      `a fixed array has elements of ${elementBytes} bytes and 2^${pageBits} of them in a page`,
    );
  }
  if (blockAddress === NO_ADDRESS) return () => undefined;
  const pageElements = 2 ** pageBits;
  const isPaged = count > pageElements;
  const prefixBytes = 6 + offsetBytes;
  const pages = Math.ceil(count / pageElements);
  const bodyBytes = isPaged ? Math.ceil(pages / 8) : count * elementBytes;
  const block = file.checkedCursor(
    blockAddress,
    prefixBytes + bodyBytes + 4,
    "a data block of a fixed array",
  );
  block.expectSignature("FADB");
  checkArrayHead(grid, block);
  if (block.offset() !== address) throw block.corrupt("a data block belongs to another fixed array");
  const body = block.sub(bodyBytes);
  const checked = (index: number): void => {
    if (index >= count) throw header.corrupt(`chunk ${index} is beyond the ${count} of its fixed array`);
  };
  if (!isPaged) {
    return (index) => {
      checked(index);
      return elementAt(body, index, elementBytes);
    };
  }
  const pagesAddress = blockAddress + prefixBytes + bodyBytes + 4;
  const found = new Map<number, Cursor>();
  return (index) => {
    checked(index);
    const page = Math.floor(index / pageElements);
    if (!isBitSet(body, page)) return undefined;
    let cursor = found.get(page);
    if (cursor === undefined) {
      const elements = Math.min(pageElements, count - page * pageElements);
      const pageAddress = pagesAddress + page * (pageElements * elementBytes + 4);
      cursor = file.checkedCursor(pageAddress, elements * elementBytes + 4, "a page of a fixed array");
      found.set(page, cursor);
    }
    return elementAt(cursor, index - page * pageElements, elementBytes);
  };
}

/** A cursor over one element of a block. */
export function elementAt(block: Cursor, index: number, elementBytes: number): Cursor {
  block.at = index * elementBytes;
  return block.sub(elementBytes);
}

/** Whether a page was ever written: bits count from the highest of each byte. */
export function isBitSet(bits: Cursor, index: number): boolean {
  bits.at = index >>> 3;
  return (bits.u8() & (0x80 >>> (index & 7))) !== 0;
}
