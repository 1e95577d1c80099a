import { bytesToHold, type Cursor } from "./cursor.ts";
import { NO_ADDRESS, type ReaderFile } from "./reader-file.ts";

/** Bytes of a node that are no records: signature, version, type, checksum. */
const NODE_OVERHEAD_BYTES = 10;
const MAX_DEPTH = 32;

/** A version 2 B-tree (specification, III.A.2): records of one size, in the order of their keys. */
export interface BTreeV2 {
  readonly file: ReaderFile;
  readonly type: number;
  readonly recordBytes: number;
  readonly nodeBytes: number;
  readonly depth: number;
  readonly rootAddress: number;
  readonly rootRecords: number;
  /** Bytes that hold the number of records of a child. */
  readonly countBytes: number;
  /** By level above the leaves: bytes that hold the number of records below a child on it. */
  readonly totalBytes: readonly number[];
}

/** Whether a part of the tree may hold records that are looked for: compares one record with them. */
export type RecordSide = (record: Cursor) => "before" | "inside" | "behind";

/** Reads the header of a tree. @throws CorruptDataError */
export function openBTreeV2(file: ReaderFile, address: number): BTreeV2 {
  const bytes = 4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + file.offsetBytes + 2 + file.lengthBytes + 4;
  const cursor = file.checkedCursor(address, bytes, "a version 2 B-tree");
  cursor.expectSignature("BTHD");
  cursor.version(0);
  const type = cursor.u8();
  const nodeBytes = cursor.u32();
  const recordBytes = cursor.u16();
  const depth = cursor.u16();
  cursor.skip(2);
  const rootAddress = cursor.offset();
  const rootRecords = cursor.u16();
  if (depth > MAX_DEPTH || recordBytes === 0 || nodeBytes < NODE_OVERHEAD_BYTES + recordBytes) {
    throw cursor.corrupt(
      `a B-tree has depth ${depth}, nodes of ${nodeBytes} and records of ${recordBytes} bytes`,
    );
  }
  const leafMost = Math.floor((nodeBytes - NODE_OVERHEAD_BYTES) / recordBytes);
  const countBytes = bytesToHold(leafMost);
  const totalBytes = [0];
  for (let level = 1, below = leafMost; level <= depth; level++) {
    const pointerBytes = file.offsetBytes + countBytes + totalBytes[level - 1]!;
    const most = Math.floor((nodeBytes - NODE_OVERHEAD_BYTES - pointerBytes) / (recordBytes + pointerBytes));
    if (most < 1) throw cursor.corrupt(`nodes of ${nodeBytes} bytes hold no record at level ${level}`);
    below = (most + 1) * below + most;
    totalBytes.push(bytesToHold(below));
  }
  return { file, type, recordBytes, nodeBytes, depth, rootAddress, rootRecords, countBytes, totalBytes };
}

/**
 * Gives every record that is "inside" to `visit`, in order, and descends only where there may be some.
 * @param side - must not change from "behind" to "inside" or the reverse of it along the order of the records
 */
export function visitBTreeV2(tree: BTreeV2, side: RecordSide, visit: (record: Cursor) => void): void {
  if (tree.rootAddress === NO_ADDRESS || tree.rootRecords === 0) return;
  visitNode(tree, tree.rootAddress, tree.rootRecords, tree.depth, side, visit, new Set());
}

/** Gives every record to `visit`. */
export function visitAllRecords(tree: BTreeV2, visit: (record: Cursor) => void): void {
  visitBTreeV2(tree, () => "inside", visit);
}

function visitNode(
  tree: BTreeV2,
  address: number,
  count: number,
  level: number,
  side: RecordSide,
  visit: (record: Cursor) => void,
  visited: Set<number>,
): void {
  const { file, recordBytes } = tree;
  if (visited.has(address)) throw file.corrupt(address, "a node of a B-tree has two parents");
  visited.add(address);
  // The level above the leaves of a child decides how its number of records is kept.
  const childBytes = level === 0 ? 0 : file.offsetBytes + tree.countBytes + tree.totalBytes[level - 1]!;
  const bytes = NODE_OVERHEAD_BYTES + count * recordBytes + (level === 0 ? 0 : (count + 1) * childBytes);
  if (bytes > tree.nodeBytes) throw file.corrupt(address, `a node of a B-tree has ${count} records`);
  const node = file.checkedCursor(address, bytes, "a node of a version 2 B-tree");
  node.expectSignature(level === 0 ? "BTLF" : "BTIN");
  node.version(0);
  if (node.u8() !== tree.type) throw node.corrupt("a node belongs to a B-tree of another type");
  const records = Array.from({ length: count }, () => node.sub(recordBytes, "a record of a B-tree"));
  const sides = records.map((record) => {
    const found = side(record);
    record.at = 0;
    return found;
  });
  for (let i = 0; i <= count; i++) {
    if (level > 0) {
      const child = node.offset();
      const childCount = node.uint(tree.countBytes);
      node.skip(tree.totalBytes[level - 1]!);
      // Between two records that are before (or behind) what is looked for, there is none of it.
      const isBefore = i < count && sides[i] === "before";
      const isBehind = i > 0 && sides[i - 1] === "behind";
      if (!isBefore && !isBehind) visitNode(tree, child, childCount, level - 1, side, visit, visited);
    }
    if (i < count && sides[i] === "inside") visit(records[i]!);
  }
}
