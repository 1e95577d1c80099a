import { writeU16, writeU64 } from "@millrace/base";
import type { Output } from "./output.ts";

/** The smallest collection that HDF5 accepts. */
const MIN_COLLECTION_BYTES = 4096;
const MAX_COLLECTION_BYTES = 64 * 1024;
const COLLECTION_HEADER_BYTES = 16;
const OBJECT_HEADER_BYTES = 16;
/** Indices have 16 bits, and 0 is the free space. */
const MAX_OBJECTS = 0xffff;

interface Collection {
  readonly address: number;
  readonly bytes: Uint8Array;
  used: number;
  count: number;
}

/** Where an object of the global heap is. */
export interface HeapReference {
  readonly collectionAddress: number;
  readonly index: number;
}

/**
 * Collections of the global heap (specification, III.E), for strings of variable length.
 *
 * A collection's space is taken when its first string comes, so that its address is known; it is written at the next
 * checkpoint and never changed after that.
 */
export class GlobalHeap {
  readonly #output: Output;
  #pending: Collection[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** Adds an object. */
  add(object: Uint8Array): HeapReference {
    const needed = OBJECT_HEADER_BYTES + roundUp8(object.length);
    let collection = this.#pending.at(-1);
    if (
      collection === undefined ||
      collection.used + needed > collection.bytes.length ||
      collection.count === MAX_OBJECTS
    ) {
      collection = this.#newCollection(needed);
    }
    const { bytes, used } = collection;
    const index = ++collection.count;
    writeU16(bytes, used, index);
    // The number of references; h5py and HDF5 write 0 too.
    writeU16(bytes, used + 2, 0);
    writeU64(bytes, used + 8, object.length);
    bytes.set(object, used + OBJECT_HEADER_BYTES);
    collection.used += needed;
    return { collectionAddress: collection.address, index };
  }

  /** Hands out what is to be written before the next checkpoint. */
  takePending(): { readonly address: number; readonly bytes: Uint8Array }[] {
    const pending = this.#pending;
    this.#pending = [];
    for (const { bytes, used } of pending) {
      // Object 0 is the free space, its header included; a rest below a header is left as zeros.
      if (bytes.length - used >= OBJECT_HEADER_BYTES) writeU64(bytes, used + 8, bytes.length - used);
    }
    return pending;
  }

  #newCollection(needed: number): Collection {
    const last = this.#pending.at(-1)?.bytes.length ?? MIN_COLLECTION_BYTES / 2;
    const size = Math.max(Math.min(2 * last, MAX_COLLECTION_BYTES), COLLECTION_HEADER_BYTES + needed);
    const bytes = new Uint8Array(size);
    bytes.set([0x47, 0x43, 0x4f, 0x4c, 1]);
    writeU64(bytes, 8, size);
    const address = this.#output.allocate(size);
    const collection = { address, bytes, used: COLLECTION_HEADER_BYTES, count: 0 };
    this.#pending.push(collection);
    return collection;
  }
}

function roundUp8(value: number): number {
  return Math.ceil(value / 8) * 8;
}
