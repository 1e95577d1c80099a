import { ByteBuilder, UNDEFINED_ADDRESS } from "./byte-builder.ts";

/** One child of a node: a chunk, or at higher levels a node and its first chunk. */
export interface TreeEntry {
  /** The first row of the (first) chunk. */
  readonly firstRow: number;
  /** Bytes of the (first) chunk in the file. */
  readonly chunkBytes: number;
  /** Bit i: the (first) chunk was spared filter i. */
  readonly filterMask: number;
  readonly address: number;
}

/** Children of a node: twice the default K of 32, which a superblock of version 2 implies. */
const CHILDREN_PER_NODE = 64;

/**
 * A version 1 B-tree over chunks (specification, III.A.1, node type 1), built from chunks that come in order of rows.
 *
 * A node that is full never changes: it is written once. What a checkpoint writes again is the rightmost node of each
 * level. Siblings are left undefined: a node that was written cannot name one that comes later, and readers descend
 * from the root.
 */
export class ChunkTree {
  readonly #rank: number;
  readonly #chunkRows: number;
  /** Entries by level that are in no full node yet; fewer than CHILDREN_PER_NODE each. */
  readonly #levels: TreeEntry[][] = [];
  readonly #writeNode: (node: Uint8Array) => number;

  /** @param writeNode - takes a full node and returns its address in the file */
  constructor(rank: number, chunkRows: number, writeNode: (node: Uint8Array) => number) {
    this.#rank = rank;
    this.#chunkRows = chunkRows;
    this.#writeNode = writeNode;
  }

  /** Adds the chunk behind all others. */
  append(entry: TreeEntry): void {
    this.#append(0, entry, entry.firstRow + this.#chunkRows);
  }

  /** Goes on from the rightmost nodes of a tree in the file, the lowest level first. */
  restore(levels: readonly (readonly TreeEntry[])[]): void {
    // From the top, so that a full node meets the place that it belongs to.
    for (let level = levels.length - 1; level >= 0; level--) {
      this.#levels[level] ??= [];
      const step = this.#chunkRows * CHILDREN_PER_NODE ** level;
      for (const entry of levels[level]!) this.#append(level, entry, entry.firstRow + step);
    }
  }

  /**
   * Adds the nodes that make a whole tree of all chunks.
   * @param last - one more chunk, which the next call will not know
   * @returns the address of the root, or UNDEFINED_ADDRESS without chunks
   */
  addRoot(block: ByteBuilder, endRow: number, last?: TreeEntry): number {
    let carried = last;
    for (let level = 0; level < this.#levels.length || (level === 0 && carried !== undefined); level++) {
      const entries = [...(this.#levels[level] ?? [])];
      if (carried !== undefined) entries.push(carried);
      const first = entries[0];
      if (first === undefined) continue;
      const isTop = this.#levels.slice(level + 1).every((above) => above.length === 0);
      if (isTop && level > 0 && entries.length === 1) return first.address;
      const address = block.end;
      block.add(this.#encode(level, entries, endRow));
      carried = { ...first, address };
      if (isTop) return address;
    }
    return carried?.address ?? UNDEFINED_ADDRESS;
  }

  #append(level: number, entry: TreeEntry, endRow: number): void {
    this.#levels[level] ??= [];
    const entries = this.#levels[level];
    entries.push(entry);
    if (entries.length < CHILDREN_PER_NODE) return;
    const address = this.#writeNode(this.#encode(level, entries, endRow));
    const first = entries[0]!;
    this.#levels[level] = [];
    this.#append(level + 1, { ...first, address }, endRow);
  }

  /** @param endRow - the first row behind the node's chunks: the last key, which every chunk is below */
  #encode(level: number, entries: readonly TreeEntry[], endRow: number): Uint8Array {
    const keyBytes = 16 + 8 * this.#rank;
    const nodeBytes = 24 + (CHILDREN_PER_NODE + 1) * keyBytes + CHILDREN_PER_NODE * 8;
    const node = new ByteBuilder();
    node.ascii("TREE").u8(1).u8(level).u16(entries.length).u64(UNDEFINED_ADDRESS).u64(UNDEFINED_ADDRESS);
    for (const { firstRow, chunkBytes, filterMask, address } of entries) {
      node.u32(chunkBytes).u32(filterMask).u64(firstRow);
      // Chunks are as wide as rows, so all other offsets are 0; the last is that of the bytes of an element.
      node.zeros(8 * this.#rank).u64(address);
    }
    node.u64(0).u64(endRow);
    // Readers read whole nodes.
    return node.zeros(nodeBytes - node.length).bytes;
  }
}
