import { Cursor } from "./cursor.ts";
import type { Link } from "./links.ts";
import type { ReaderFile } from "./reader-file.ts";

const SOFT_LINK = 2;

/**
 * Reads the links of an older group: a version 1 B-tree over symbol nodes, with names in a local heap
 * (specification, III.A.1, III.B to III.D).
 * @throws CorruptDataError
 */
export function readSymbolTable(file: ReaderFile, treeAddress: number, heapAddress: number): Link[] {
  const heap = file.cursor(heapAddress, 8 + 2 * file.lengthBytes + file.offsetBytes, "a local heap");
  heap.expectSignature("HEAP");
  heap.version(0);
  heap.skip(3);
  const length = heap.length();
  heap.length();
  const address = heap.offset();
  const links: Link[] = [];
  const names = new Cursor(
    file,
    file.bytes(address, length, "a local heap's names"),
    address,
    "a local heap",
  );
  readNode(file, treeAddress, 256, names, links, new Set());
  return links;
}

function readNode(
  file: ReaderFile,
  address: number,
  levelAbove: number,
  names: Cursor,
  into: Link[],
  visited: Set<number>,
): void {
  if (visited.has(address)) throw file.corrupt(address, "a node of a symbol table has two parents");
  visited.add(address);
  const { offsetBytes, lengthBytes } = file;
  const head = file.cursor(address, 8 + 2 * offsetBytes, "a B-tree of a group");
  head.expectSignature("TREE");
  const kind = head.u8();
  const level = head.u8();
  const count = head.u16();
  if (kind !== 0 || level >= levelAbove) throw head.corrupt("there is no node of a symbol table");
  const bytes = count * (lengthBytes + offsetBytes);
  const children = file.cursor(address + 8 + 2 * offsetBytes, bytes, "a B-tree of a group");
  for (let i = 0; i < count; i++) {
    children.length();
    const child = children.offset();
    if (level > 0) readNode(file, child, level, names, into, visited);
    else readLeaf(file, child, names, into, visited);
  }
}

function readLeaf(
  file: ReaderFile,
  address: number,
  names: Cursor,
  into: Link[],
  visited: Set<number>,
): void {
  if (visited.has(address)) throw file.corrupt(address, "a node of a symbol table has two parents");
  visited.add(address);
  const head = file.cursor(address, 8, "a symbol table node");
  head.expectSignature("SNOD");
  head.version(1, 1);
  head.skip(1);
  const count = head.u16();
  const entries = file.cursor(address + 8, count * (2 * file.offsetBytes + 24), "a symbol table node");
  for (let i = 0; i < count; i++) {
    names.at = entries.offset();
    const name = names.textUntilNul();
    const target = entries.offset();
    const kind = entries.u32();
    entries.skip(4);
    const scratch = entries.sub(16);
    if (kind !== SOFT_LINK) into.push({ kind: "hard", name, address: target, order: undefined });
    else {
      names.at = scratch.u32();
      into.push({ kind: "soft", name, target: names.textUntilNul(), order: undefined });
    }
  }
}
