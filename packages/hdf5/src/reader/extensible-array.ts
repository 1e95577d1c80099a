import { arrayElementBytes, type ChunkElements, checkArrayHead } from "./chunk-arrays.ts";
import type { ChunkGrid } from "./chunk-index.ts";
import type { Cursor } from "./cursor.ts";
import { elementAt, isBitSet } from "./fixed-array.ts";
import { NO_ADDRESS, type ReaderFile } from "./reader-file.ts";

interface ArrayHeader {
  readonly grid: ChunkGrid;
  readonly file: ReaderFile;
  readonly address: number;
  readonly elementBytes: number;
  readonly maxBits: number;
  readonly indexElements: number;
  readonly leastBlockElements: number;
  readonly leastPointers: number;
  readonly pageElements: number;
  readonly indexAddress: number;
}

/** A super block, or the part of the index block that stands for it: data blocks of one size. */
interface SuperBlock {
  /** Number of its first element, not counting those in the index block. */
  readonly start: number;
  readonly blocks: number;
  readonly blockElements: number;
}

/**
 * Opens an extensible array of chunks (specification, VII.D): some elements are in the index block, the next ones
 * in data blocks that it points to, and all others in data blocks that super blocks point to.
 * @throws CorruptDataError
 */
export function newExtensibleArray(grid: ChunkGrid, address: number): ChunkElements {
  const header = readHeader(grid, address);
  if (header.indexAddress === NO_ADDRESS) return () => undefined;
  const { file, elementBytes, indexElements, leastPointers } = header;
  const superBlocks = 1 + header.maxBits - Math.log2(header.leastBlockElements);
  const directSuperBlocks = Math.min(superBlocks, 2 * Math.log2(leastPointers));
  const directBlocks = 2 * (leastPointers - 1);
  const pointers = directBlocks + superBlocks - directSuperBlocks;
  const elementsBytes = indexElements * elementBytes;
  const prefixBytes = 6 + file.offsetBytes;
  const length = prefixBytes + elementsBytes + pointers * file.offsetBytes + 4;
  const index = file.checkedCursor(header.indexAddress, length, "the index block of an extensible array");
  index.expectSignature("EAIB");
  checkOwner(header, index);
  const elements = index.sub(elementsBytes);
  const addresses = Array.from({ length: pointers }, () => index.offset());
  const blocks = new Map<number, ChunkElements>();
  const supers = new Map<number, SuperPointers>();

  return (number) => {
    if (number < indexElements) return elementAt(elements, number, elementBytes);
    const rest = number - indexElements;
    const level = Math.floor(Math.log2(rest / header.leastBlockElements + 1));
    // The dataset may have grown further than the array can: nothing was ever written there.
    if (level >= superBlocks) return undefined;
    const superBlock = superBlockOf(header, level);
    const inSuper = rest - superBlock.start;
    const block = Math.floor(inSuper / superBlock.blockElements);
    const inBlock = inSuper % superBlock.blockElements;
    let place: BlockPlace | undefined;
    if (level < directSuperBlocks) {
      place = { address: addresses[blocksBefore(level) + block]!, pages: undefined };
    } else {
      const superAddress = addresses[directBlocks + level - directSuperBlocks]!;
      if (superAddress === NO_ADDRESS) return undefined;
      const known = supers.get(superAddress) ?? readSuperBlock(header, superBlock, superAddress);
      supers.set(superAddress, known);
      place = known(block);
    }
    if (place.address === NO_ADDRESS) return undefined;
    const data = blocks.get(place.address) ?? openDataBlock(header, superBlock, place);
    blocks.set(place.address, data);
    return data(inBlock);
  };
}

function readHeader(grid: ChunkGrid, address: number): ArrayHeader {
  const { file } = grid;
  const length = 12 + 6 * file.lengthBytes + file.offsetBytes + 4;
  const cursor = file.checkedCursor(address, length, "an extensible array");
  cursor.expectSignature("EAHD");
  checkArrayHead(grid, cursor);
  const elementBytes = cursor.u8();
  const maxBits = cursor.u8();
  const indexElements = cursor.u8();
  const leastBlockElements = cursor.u8();
  const leastPointers = cursor.u8();
  const pageElements = 2 ** cursor.u8();
  cursor.skip(6 * file.lengthBytes);
  const indexAddress = cursor.offset();
  const arePowers = [leastBlockElements, leastPointers].every(
    (size) => size >= 1 && Number.isInteger(Math.log2(size)),
  );
  const isRight = elementBytes === arrayElementBytes(grid) && maxBits <= 64 && arePowers;
  if (!isRight || 2 ** maxBits < leastBlockElements)
    throw cursor.corrupt("an extensible array has impossible sizes");
  return {
    grid,
    file,
    address,
    elementBytes,
    maxBits,
    indexElements,
    leastBlockElements,
    leastPointers,
    pageElements,
    indexAddress,
  };
}

/** Super block n has 2^floor(n/2) data blocks of 2^ceil(n/2) times the least number of elements. */
function superBlockOf({ leastBlockElements }: ArrayHeader, level: number): SuperBlock {
  return {
    start: (2 ** level - 1) * leastBlockElements,
    blocks: 2 ** Math.floor(level / 2),
    blockElements: 2 ** Math.ceil(level / 2) * leastBlockElements,
  };
}

/** Data blocks of all super blocks before this one. */
function blocksBefore(level: number): number {
  let blocks = 0;
  for (let i = 0; i < level; i++) blocks += 2 ** Math.floor(i / 2);
  return blocks;
}

/** A data block, with the bits of the pages that were written when it has pages. */
interface BlockPlace {
  readonly address: number;
  readonly pages: { readonly bits: Cursor; readonly first: number } | undefined;
}

type SuperPointers = (block: number) => BlockPlace;

function readSuperBlock(header: ArrayHeader, superBlock: SuperBlock, address: number): SuperPointers {
  const { file, pageElements } = header;
  const { blocks, blockElements } = superBlock;
  const bitBytes = blockElements > pageElements ? Math.ceil(blockElements / pageElements / 8) : 0;
  const prefixBytes = 6 + file.offsetBytes + arrayOffsetBytes(header);
  const length = prefixBytes + blocks * (bitBytes + file.offsetBytes) + 4;
  const cursor = file.checkedCursor(address, length, "a super block of an extensible array");
  cursor.expectSignature("EASB");
  checkOwner(header, cursor);
  cursor.skip(arrayOffsetBytes(header));
  const bits = cursor.sub(blocks * bitBytes);
  const addresses = cursor.sub(blocks * file.offsetBytes);
  return (block) => {
    addresses.at = block * file.offsetBytes;
    const blockAddress = addresses.offset();
    if (bitBytes === 0) return { address: blockAddress, pages: undefined };
    // The bits of all blocks follow each other without gaps, though there is room for whole bytes.
    return { address: blockAddress, pages: { bits, first: block * (blockElements / pageElements) } };
  };
}

function openDataBlock(header: ArrayHeader, { blockElements }: SuperBlock, place: BlockPlace): ChunkElements {
  const { file, elementBytes, pageElements } = header;
  const { address, pages } = place;
  const prefixBytes = 6 + file.offsetBytes + arrayOffsetBytes(header);
  const bodyBytes = pages === undefined ? blockElements * elementBytes : 0;
  const block = file.checkedCursor(
    address,
    prefixBytes + bodyBytes + 4,
    "a data block of an extensible array",
  );
  block.expectSignature("EADB");
  checkOwner(header, block);
  block.skip(arrayOffsetBytes(header));
  const elements = block.sub(bodyBytes);
  if (pages === undefined) return (index) => elementAt(elements, index, elementBytes);
  const pageBytes = pageElements * elementBytes + 4;
  const known = new Map<number, Cursor>();
  return (index) => {
    const page = Math.floor(index / pageElements);
    if (!isBitSet(pages.bits, pages.first + page)) return undefined;
    const at = address + prefixBytes + 4 + page * pageBytes;
    const cursor = known.get(page) ?? file.checkedCursor(at, pageBytes, "a page of an extensible array");
    known.set(page, cursor);
    return elementAt(cursor, index % pageElements, elementBytes);
  };
}

/** Bytes that hold the number of an element. */
function arrayOffsetBytes({ maxBits }: ArrayHeader): number {
  return (maxBits + 7) >>> 3;
}

function checkOwner(header: ArrayHeader, cursor: Cursor): void {
  checkArrayHead(header.grid, cursor);
  if (cursor.offset() !== header.address) throw cursor.corrupt("a block belongs to another extensible array");
}
