import { readU16, readU32, readU64 } from "@millrace/base";
import { unshuffleBytes } from "@millrace/codecs";
import { decompressBytesSync, decompressLzf } from "@millrace/compress";
import type { VfsFile } from "@millrace/files";
import { UNDEFINED_ADDRESS } from "./byte-builder.ts";
import type { TreeEntry } from "./chunk-tree.ts";
import { FILTER_IDS, type FilledFilters, filtersInOrder } from "./filters.ts";
import { fletcher32 } from "./fletcher32.ts";
import type { Message } from "./object-header.ts";
import { bodyOf, corruptFile, readBytes } from "./read-object.ts";

/** Rows as the file has them. */
export interface StoredRows {
  readonly rows: number;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly filters: FilledFilters;
  readonly treeAddress: number;
  /** The body of the datatype message. */
  readonly datatype: Uint8Array;
}

/** Reads what a dataset of chunks is, or undefined when it is something else. */
export function readStoredRows(messages: readonly Message[]): StoredRows | undefined {
  const dataspace = bodyOf(messages, "dataspace");
  const datatype = bodyOf(messages, "datatype");
  const layout = bodyOf(messages, "layout");
  if (dataspace === undefined || datatype === undefined || layout?.[1] !== 2) return undefined;
  const shape = Array.from({ length: dataspace[1]! }, (_, i) => readU64(dataspace, 4 + 8 * i));
  const filters = readFilters(bodyOf(messages, "filters"));
  if (filters === undefined) return undefined;
  const isWithoutTree = layout.subarray(3, 11).every((byte) => byte === 0xff);
  return {
    rows: shape[0]!,
    rowShape: shape.slice(1),
    chunkRows: readU32(layout, 11),
    filters,
    treeAddress: isWithoutTree ? UNDEFINED_ADDRESS : readU64(layout, 3),
    datatype,
  };
}

/**
 * Reads the rightmost nodes of a tree of chunks.
 * @returns the entries by level, the lowest first, without those that stand for a node of the level below
 */
export function readTreeEdge(file: VfsFile, treeAddress: number, rank: number): TreeEntry[][] {
  const levels: TreeEntry[][] = [];
  const keyBytes = 16 + 8 * rank;
  let address = treeAddress;
  while (address !== UNDEFINED_ADDRESS) {
    const head = readBytes(file, address, 24);
    if (readU32(head, 0) !== 0x45455254 || head[4] !== 1) {
      throw corruptFile(file.path, address, "there is no node of a tree of chunks");
    }
    const level = head[5]!;
    if (levels.length > 0 && levels[level + 1] === undefined) {
      throw corruptFile(file.path, address, `a node of level ${level} is in the wrong place`);
    }
    const count = readU16(head, 6);
    const body = readBytes(file, address + 24, count * (keyBytes + 8));
    const entries = Array.from({ length: count }, (_, i): TreeEntry => {
      const at = i * (keyBytes + 8);
      return {
        chunkBytes: readU32(body, at),
        filterMask: readU32(body, at + 4),
        firstRow: readU64(body, at + 8),
        address: readU64(body, at + keyBytes),
      };
    });
    levels[level] = entries;
    address = level === 0 ? UNDEFINED_ADDRESS : (entries.pop()?.address ?? UNDEFINED_ADDRESS);
  }
  return levels;
}

/** Reads one chunk and undoes its filters. @throws CorruptDataError when it is damaged */
export function readChunk(
  file: VfsFile,
  { address, chunkBytes, filterMask }: TreeEntry,
  filters: FilledFilters,
  elementBytes: number,
  byteLength: number,
): Uint8Array {
  let bytes = readBytes(file, address, chunkBytes);
  const list = filtersInOrder(filters, elementBytes);
  for (let i = list.length - 1; i >= 0; i--) {
    const name = list[i]!;
    if (((filterMask >> i) & 1) === 1) continue;
    if (name === "fletcher32") {
      const end = bytes.length - 4;
      if (fletcher32(bytes, 0, end) !== readU32(bytes, end)) {
        throw corruptFile(file.path, address, "the checksum of a chunk does not fit");
      }
      bytes = bytes.subarray(0, end);
    } else if (name === "lzf") bytes = decompressLzf(bytes, byteLength);
    else if (name === "deflate" || name === "zstd") bytes = decompressBytesSync(bytes, name, byteLength);
    else if (bytes.length === byteLength) {
      const plain = new Uint8Array(byteLength);
      unshuffleBytes(bytes, 0, byteLength, elementBytes, plain, 0);
      bytes = plain;
    }
  }
  if (bytes.length !== byteLength) throw corruptFile(file.path, address, `a chunk has ${bytes.length} bytes`);
  return bytes;
}

/** The filters, if they are ours; the strategy of deflate is not in the file. */
function readFilters(body: Uint8Array | undefined): FilledFilters | undefined {
  let found: FilledFilters = {
    shuffle: false,
    codec: "none",
    level: 0,
    strategy: "rle",
    fletcher32: false,
  };
  if (body === undefined) return found;
  for (let i = 0, at = 2; i < body[1]!; i++) {
    const id = readU16(body, at);
    const nameBytes = id < 256 ? 0 : 2 + readU16(body, at + 2);
    const countAt = at + 4 + (id < 256 ? 0 : 2);
    const valuesAt = at + 6 + nameBytes;
    const values = readU16(body, countAt);
    if (id === FILTER_IDS.shuffle) found = { ...found, shuffle: true };
    if (id === FILTER_IDS.fletcher32) found = { ...found, fletcher32: true };
    if (id === FILTER_IDS.lzf) found = { ...found, codec: "lzf" };
    if (id === FILTER_IDS.zstd) found = { ...found, codec: "zstd", level: readU32(body, valuesAt) };
    if (id === FILTER_IDS.deflate) found = { ...found, codec: "deflate", level: readU32(body, valuesAt) };
    // One that was given: this file does not say how it is made.
    if (!(Object.values(FILTER_IDS) as number[]).includes(id)) return undefined;
    at = valuesAt + 4 * values;
  }
  return found;
}
