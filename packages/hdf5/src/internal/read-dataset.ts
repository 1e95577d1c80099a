import { readU16, readU32, readU64 } from "@millrace/base";
import { unshuffleBytes } from "@millrace/codecs";
import { decompressBytesSync } from "@millrace/compress";
import type { VfsFile } from "@millrace/files";
import { UNDEFINED_ADDRESS } from "./byte-builder.ts";
import type { TreeEntry } from "./chunk-tree.ts";
import { DATASET_KINDS, type DatasetKind, encodeDatatype } from "./datatype.ts";
import type { FilledFilters } from "./filters.ts";
import { fletcher32 } from "./fletcher32.ts";
import type { Message } from "./object-header.ts";
import { bodyOf, corruptFile, readBytes } from "./read-object.ts";

/** A streamed dataset as the file has it. */
export interface StoredDataset {
  readonly kind: DatasetKind;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly rows: number;
  readonly filters: FilledFilters;
  readonly treeAddress: number;
}

/** Reads what a streamed dataset is, or undefined when it is none. */
export function readDatasetPlan(messages: readonly Message[]): StoredDataset | undefined {
  const dataspace = bodyOf(messages, "dataspace");
  const datatype = bodyOf(messages, "datatype");
  const layout = bodyOf(messages, "layout");
  if (dataspace === undefined || datatype === undefined || layout?.[1] !== 2) return undefined;
  const kind = DATASET_KINDS.find((one) => Buffer.compare(encodeDatatype({ kind: one }), datatype) === 0);
  if (kind === undefined) return undefined;
  const shape = Array.from({ length: dataspace[1]! }, (_, i) => readU64(dataspace, 4 + 8 * i));
  const isWithoutTree = layout.subarray(3, 11).every((byte) => byte === 0xff);
  return {
    kind,
    rowShape: shape.slice(1),
    rows: shape[0]!,
    chunkRows: readU32(layout, 11),
    filters: readFilters(bodyOf(messages, "filters")),
    treeAddress: isWithoutTree ? UNDEFINED_ADDRESS : readU64(layout, 3),
  };
}

/**
 * Reads the rightmost nodes of a tree of chunks.
 * @returns the entries by level, the lowest first, without those that stand for a node of the level below
 */
export function readTreeEdge(file: VfsFile, { treeAddress, rowShape }: StoredDataset): TreeEntry[][] {
  const levels: TreeEntry[][] = [];
  const keyBytes = 16 + 8 * (rowShape.length + 1);
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
  { address, chunkBytes }: TreeEntry,
  filters: FilledFilters,
  elementBytes: number,
  byteLength: number,
): Uint8Array {
  let bytes = readBytes(file, address, chunkBytes);
  if (filters.fletcher32) {
    const end = bytes.length - 4;
    if (fletcher32(bytes, 0, end) !== readU32(bytes, end)) {
      throw corruptFile(file.path, address, "the checksum of a chunk does not fit");
    }
    bytes = bytes.subarray(0, end);
  }
  if (filters.deflate > 0) bytes = decompressBytesSync(bytes, "deflate", byteLength);
  if (bytes.length !== byteLength) throw corruptFile(file.path, address, `a chunk has ${bytes.length} bytes`);
  if (!filters.shuffle) return bytes;
  const plain = new Uint8Array(byteLength);
  unshuffleBytes(bytes, 0, byteLength, elementBytes, plain, 0);
  return plain;
}

/** The strategy of deflate is not in the file. */
function readFilters(body: Uint8Array | undefined): FilledFilters {
  const found = { shuffle: false, deflate: 0, strategy: "rle" as const, fletcher32: false };
  if (body === undefined) return found;
  for (let i = 0, at = 2; i < body[1]!; i++) {
    const id = readU16(body, at);
    const values = readU16(body, at + 4);
    if (id === 2) found.shuffle = true;
    if (id === 1) found.deflate = readU32(body, at + 6);
    if (id === 3) found.fletcher32 = true;
    at += 6 + 4 * values;
  }
  return found;
}
