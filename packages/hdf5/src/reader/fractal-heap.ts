import { lookup3 } from "../internal/lookup3.ts";
import { openBTreeV2, visitAllRecords } from "./btree-v2.ts";
import { bytesToHold, Cursor } from "./cursor.ts";
import { NO_ADDRESS, type ReaderFile } from "./reader-file.ts";

const MANAGED = 0;
const HUGE = 1;
const TINY = 2;
const MAX_DEPTH = 32;

interface HeapHeader {
  readonly idBytes: number;
  readonly hasChecksums: boolean;
  readonly hugeTreeAddress: number;
  readonly tableWidth: number;
  readonly startBlockBytes: number;
  readonly maxDirectBytes: number;
  readonly rootAddress: number;
  /** 0 when the root is a direct block. */
  readonly rootRows: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** A direct block: the heap offsets [start, start + bytes.length) are its bytes. */
interface DirectBlock {
  readonly start: number;
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A fractal heap (specification, III.G): small objects by id, for links and attributes that are many. */
export class FractalHeap {
  readonly #file: ReaderFile;
  readonly #address: number;
  readonly #header: HeapHeader;
  readonly #blocks = new Map<number, DirectBlock>();
  #huge: Map<number, { address: number; length: number }> | undefined;

  /** @throws CorruptDataError */
  constructor(file: ReaderFile, address: number) {
    this.#file = file;
    this.#address = address;
    this.#header = readHeapHeader(file, address);
  }

  /** Bytes of an id of this heap. */
  get idBytes(): number {
    return this.#header.idBytes;
  }

  /** The object with this id. @throws CorruptDataError when there is none */
  object(id: Uint8Array<ArrayBuffer>, what: string): Cursor {
    const cursor = new Cursor(this.#file, id, this.#address, "an id of a fractal heap");
    const head = cursor.u8();
    const kind = (head >>> 4) & 3;
    if (head >>> 6 !== 0) throw cursor.corrupt("an id of a fractal heap has an unknown version");
    if (kind === MANAGED) return this.#managed(cursor, what);
    if (kind === HUGE) return this.#hugeObject(cursor, what);
    if (kind !== TINY) throw cursor.corrupt("an id of a fractal heap has an unknown type");
    // A length of 4 bits does where the id has no more than 16 bytes behind it.
    const isLong = this.#header.idBytes - 1 > 16;
    const length = isLong ? (((head & 15) << 8) | cursor.u8()) + 1 : (head & 15) + 1;
    return cursor.sub(length, what);
  }

  #managed(id: Cursor, what: string): Cursor {
    const { offsetBytes, lengthBytes } = this.#header;
    const offset = id.uint(offsetBytes);
    const length = id.uint(lengthBytes);
    const block = this.#blockOf(offset);
    const at = offset - block.start;
    if (at + length > block.bytes.length) throw id.corrupt(`${what} goes beyond its block of the heap`);
    return new Cursor(this.#file, block.bytes.subarray(at, at + length), block.address + at, what);
  }

  /** Finds the direct block over a heap offset by descending through the doubling table. */
  #blockOf(offset: number): DirectBlock {
    const header = this.#header;
    let address = header.rootAddress;
    let start = 0;
    if (header.rootRows === 0) return this.#direct(address, 0, header.startBlockBytes);
    let rows = header.rootRows;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const { row, column, blockBytes, blockStart } = this.#place(offset - start, start);
      if (row >= rows) break;
      const entry = this.#childAddress(address, start, rows, row * header.tableWidth + column);
      start = blockStart;
      address = entry;
      if (blockBytes <= header.maxDirectBytes) return this.#direct(address, start, blockBytes);
      rows = Math.log2(blockBytes / (header.startBlockBytes * header.tableWidth)) + 1;
    }
    throw this.#file.corrupt(this.#address, `the heap has no block for its offset ${offset}`);
  }

  /** Rows 0 and 1 have blocks of the first size, and each row behind them blocks of twice the size. */
  #place(
    offset: number,
    start: number,
  ): { row: number; column: number; blockBytes: number; blockStart: number } {
    const { tableWidth, startBlockBytes } = this.#header;
    const firstRowBytes = tableWidth * startBlockBytes;
    const row = offset < firstRowBytes ? 0 : Math.floor(Math.log2(offset / firstRowBytes)) + 1;
    const blockBytes = row === 0 ? startBlockBytes : startBlockBytes * 2 ** (row - 1);
    const rowStart = row === 0 ? 0 : firstRowBytes * 2 ** (row - 1);
    const column = Math.floor((offset - rowStart) / blockBytes);
    return { row, column, blockBytes, blockStart: start + rowStart + column * blockBytes };
  }

  #childAddress(address: number, start: number, rows: number, index: number): number {
    const { tableWidth, offsetBytes } = this.#header;
    const file = this.#file;
    const prefixBytes = 5 + file.offsetBytes + offsetBytes;
    const length = prefixBytes + rows * tableWidth * file.offsetBytes + 4;
    const cursor = file.checkedCursor(address, length, "an indirect block of a fractal heap");
    cursor.expectSignature("FHIB");
    cursor.version(0);
    this.#checkPlace(cursor, start);
    cursor.skip(index * file.offsetBytes);
    return cursor.offset();
  }

  #direct(address: number, start: number, byteLength: number): DirectBlock {
    const known = this.#blocks.get(address);
    if (known !== undefined && known.start === start) return known;
    const bytes = this.#file.bytes(address, byteLength, "a direct block of a fractal heap");
    const cursor = new Cursor(this.#file, bytes, address, "a direct block of a fractal heap");
    cursor.expectSignature("FHDB");
    cursor.version(0);
    this.#checkPlace(cursor, start);
    if (this.#header.hasChecksums) {
      // The checksum is over the whole block with zeros in its own place.
      const at = cursor.at;
      const checksum = cursor.u32();
      const copy = bytes.slice();
      copy.fill(0, at, at + 4);
      if (lookup3(copy, 0, copy.length) !== checksum) {
        throw cursor.corrupt("the checksum of a direct block of a fractal heap does not fit");
      }
    }
    const block = { start, address, bytes };
    this.#blocks.set(address, block);
    return block;
  }

  #checkPlace(cursor: Cursor, start: number): void {
    const isOwn = cursor.offset() === this.#address;
    if (isOwn && cursor.uint(this.#header.offsetBytes) === start) return;
    throw cursor.corrupt("a block of a fractal heap belongs elsewhere");
  }

  /** Objects that are larger than the heap's blocks take, each in a place of its own. */
  #hugeObject(id: Cursor, what: string): Cursor {
    const file = this.#file;
    const isDirect = this.#header.idBytes - 1 >= file.offsetBytes + file.lengthBytes;
    const place = isDirect
      ? { address: id.offset(), length: id.length() }
      : this.#hugeObjects().get(id.uint(Math.min(8, this.#header.idBytes - 1)));
    if (place === undefined) throw id.corrupt(`${what} is not in the heap's list of large objects`);
    return file.cursor(place.address, place.length, what);
  }

  #hugeObjects(): Map<number, { address: number; length: number }> {
    if (this.#huge !== undefined) return this.#huge;
    const found = new Map<number, { address: number; length: number }>();
    const tree = openBTreeV2(this.#file, this.#header.hugeTreeAddress);
    if (tree.type !== 1)
      throw this.#file.corrupt(this.#address, `large objects are in a tree of type ${tree.type}`);
    visitAllRecords(tree, (record) => {
      const place = { address: record.offset(), length: record.length() };
      found.set(record.length(), place);
    });
    this.#huge = found;
    return found;
  }
}

function readHeapHeader(file: ReaderFile, address: number): HeapHeader {
  const { offsetBytes, lengthBytes } = file;
  // Filters lengthen the header, so that its checksum cannot be found without knowing of them.
  const filterBytes = file.cursor(address + 7, 2, "a fractal heap").u16();
  if (filterBytes !== 0) throw file.unsupported("HEAP_FILTER", "a fractal heap with filters");
  const byteLength = 4 + 1 + 2 + 2 + 1 + 4 + 12 * lengthBytes + 3 * offsetBytes + 2 + 2 + 2 + 2 + 4;
  const cursor = file.checkedCursor(address, byteLength, "a fractal heap");
  cursor.expectSignature("FRHP");
  cursor.version(0);
  const idBytes = cursor.u16();
  cursor.u16();
  const hasChecksums = (cursor.u8() & 2) !== 0;
  const maxManagedBytes = cursor.u32();
  cursor.length();
  const hugeTreeAddress = cursor.offset();
  cursor.length();
  cursor.offset();
  cursor.skip(8 * lengthBytes);
  const tableWidth = cursor.u16();
  const startBlockBytes = cursor.length();
  const maxDirectBytes = cursor.length();
  const maxHeapBits = cursor.u16();
  cursor.u16();
  const rootAddress = cursor.offset();
  const rootRows = cursor.u16();
  const arePowers = [tableWidth, startBlockBytes, maxDirectBytes].every(
    (size) => size >= 1 && Number.isInteger(Math.log2(size)),
  );
  if (!arePowers || maxHeapBits > 64 || rootRows > 64 || idBytes < 1 || startBlockBytes > maxDirectBytes) {
    throw cursor.corrupt("a fractal heap has impossible sizes");
  }
  return {
    idBytes,
    hasChecksums,
    hugeTreeAddress,
    tableWidth,
    startBlockBytes,
    maxDirectBytes,
    rootAddress,
    rootRows: rootAddress === NO_ADDRESS ? 0 : rootRows,
    offsetBytes: (maxHeapBits + 7) >>> 3,
    lengthBytes: Math.min(bytesToHold(maxDirectBytes), bytesToHold(maxManagedBytes)),
  };
}
