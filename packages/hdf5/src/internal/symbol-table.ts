import { writeU64 } from "@millrace/base";
import { type ByteBuilder, UNDEFINED_ADDRESS } from "./byte-builder.ts";
import type { Link } from "./link.ts";

/** Twice the default K of leaves and of inner nodes, which a superblock of version 2 implies. */
const LINKS_PER_LEAF = 8;
const CHILDREN_PER_NODE = 32;
const NODE_BYTES = 24 + (CHILDREN_PER_NODE + 1) * 8 + CHILDREN_PER_NODE * 8;
const LEAF_BYTES = 8 + LINKS_PER_LEAF * 40;
/** The free list's head of a local heap without free blocks. */
const NO_FREE_BLOCK = 1;

interface NamedLink {
  readonly link: Link;
  /** Where the name is in the local heap. */
  readonly nameOffset: number;
}

interface Leaf {
  readonly level: -1;
  readonly entries: NamedLink[];
  /** Undefined while it differs from what the file has. */
  address: number | undefined;
}

interface Inner {
  readonly level: number;
  readonly children: (Leaf | Inner)[];
  address: number | undefined;
}

type TreeNode = Leaf | Inner;

/** A write into space that no checkpoint refers to yet. */
export interface PendingWrite {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * The links of a large group: a version 1 B-tree by name over symbol table nodes, and a local heap with the names
 * (specification, III.A.1 node type 0, III.B, III.D).
 *
 * A changed link costs a leaf and the nodes above it, not a list of all links. The heap has spare room, into which
 * new names are written: no checkpoint refers to it before.
 */
export class SymbolTable {
  #root: Inner = { level: 0, children: [], address: undefined };
  #names = new Uint8Array(1024);
  /** The empty name is at 0: it is below all others. */
  #namesEnd = 8;
  #namesWritten = 0;
  #heap: { readonly address: number; readonly dataAddress: number; readonly capacity: number } | undefined;

  /** Adds a link whose name is not there yet. */
  insert(link: Link): void {
    const named = { link, nameOffset: this.#addName(link.nameBytes) };
    const right = insertInto(this.#root, named);
    if (right === undefined) return;
    this.#root = { level: this.#root.level + 1, children: [this.#root, right], address: undefined };
  }

  /** Says that a link's address has changed. */
  touch(link: Link): void {
    let node: TreeNode = this.#root;
    while (node.level >= 0) {
      node.address = undefined;
      const inner: Inner = node as Inner;
      node = inner.children[childFor(inner, link.nameBytes)]!;
    }
    node.address = undefined;
  }

  /**
   * Adds what has changed to `block`.
   * @param writes - gets what goes elsewhere
   * @returns the addresses of the tree and of the heap, for the group's symbol table message
   */
  addTo(block: ByteBuilder, writes: PendingWrite[]): { readonly tree: number; readonly heap: number } {
    const heap = this.#addHeap(block, writes);
    return { tree: addNode(block, this.#root), heap };
  }

  #addName(name: Uint8Array): number {
    const offset = this.#namesEnd;
    this.#namesEnd += Math.ceil((name.length + 1) / 8) * 8;
    if (this.#namesEnd > this.#names.length) {
      const grown = new Uint8Array(2 * this.#namesEnd);
      grown.set(this.#names);
      this.#names = grown;
    }
    this.#names.set(name, offset);
    return offset;
  }

  #addHeap(block: ByteBuilder, writes: PendingWrite[]): number {
    if (this.#heap === undefined || this.#heap.capacity < this.#namesEnd) {
      const capacity = this.#names.length;
      const address = block.end;
      const dataAddress = address + 32;
      block.ascii("HEAP").u32(0).u64(capacity).u64(NO_FREE_BLOCK).u64(dataAddress);
      block.add(this.#names);
      this.#heap = { address, dataAddress, capacity };
    } else if (this.#namesEnd > this.#namesWritten) {
      const bytes = this.#names.slice(this.#namesWritten, this.#namesEnd);
      writes.push({ address: this.#heap.dataAddress + this.#namesWritten, bytes });
    }
    this.#namesWritten = this.#namesEnd;
    return this.#heap.address;
  }
}

/** @returns the new right neighbour when `node` was split */
function insertInto(node: TreeNode, named: NamedLink): TreeNode | undefined {
  node.address = undefined;
  if (node.level < 0) {
    const { entries } = node as Leaf;
    const at = entries.findIndex((other) => compareNames(named.link.nameBytes, other.link.nameBytes) < 0);
    entries.splice(at < 0 ? entries.length : at, 0, named);
    if (entries.length <= LINKS_PER_LEAF) return undefined;
    return { level: -1, entries: entries.splice(splitPoint(at < 0, entries.length)), address: undefined };
  }
  const { children, level } = node as Inner;
  if (children.length === 0) {
    children.push({ level: -1, entries: [named], address: undefined });
    return undefined;
  }
  const at = childFor(node as Inner, named.link.nameBytes);
  const right = insertInto(children[at]!, named);
  if (right === undefined) return undefined;
  children.splice(at + 1, 0, right);
  if (children.length <= CHILDREN_PER_NODE) return undefined;
  const isAtEnd = at + 2 === children.length;
  return { level, children: children.splice(splitPoint(isAtEnd, children.length)), address: undefined };
}

/** Names that come in order fill nodes up; others leave halves. */
function splitPoint(isAtEnd: boolean, count: number): number {
  return isAtEnd ? count - 1 : count >> 1;
}

/** The first child whose last name is not below `name`, else the last child. */
function childFor(node: Inner, name: Uint8Array): number {
  let lo = 0;
  let hi = node.children.length - 1;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (compareNames(lastOf(node.children[middle]!).link.nameBytes, name) < 0) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

function lastOf(node: TreeNode): NamedLink {
  let last = node;
  while (last.level >= 0) last = (last as Inner).children.at(-1)!;
  return (last as Leaf).entries.at(-1)!;
}

/** As strcmp does. */
function compareNames(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

function addNode(block: ByteBuilder, node: TreeNode): number {
  if (node.address !== undefined) return node.address;
  if (node.level < 0) return addLeaf(block, node as Leaf);
  const { children, level } = node as Inner;
  const addresses = children.map((child) => addNode(block, child));
  node.address = block.end;
  const start = block.length;
  block.ascii("TREE").u8(0).u8(level).u16(children.length).u64(UNDEFINED_ADDRESS).u64(UNDEFINED_ADDRESS);
  block.u64(0);
  for (const [i, child] of children.entries()) block.u64(addresses[i]!).u64(lastOf(child).nameOffset);
  block.zeros(NODE_BYTES - (block.length - start));
  return node.address;
}

function addLeaf(block: ByteBuilder, leaf: Leaf): number {
  leaf.address = block.end;
  const start = block.length;
  block.ascii("SNOD").u8(1).u8(0).u16(leaf.entries.length);
  for (const { link, nameOffset } of leaf.entries) block.u64(nameOffset).u64(link.address).zeros(24);
  block.zeros(LEAF_BYTES - (block.length - start));
  return leaf.address;
}

/** The body of a symbol table message. */
export function encodeSymbolTableMessage(tree: number, heap: number): Uint8Array {
  const body = new Uint8Array(16);
  writeU64(body, 0, tree);
  writeU64(body, 8, heap);
  return body;
}
