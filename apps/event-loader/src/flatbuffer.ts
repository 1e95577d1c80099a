import { readU16, readU32 } from "@millrace/base";

/** Says what is wrong with a buffer; whoever reads a file knows where in it the buffer lies. */
export class FlatBufferError extends Error {}

/** A table of a FlatBuffer, whose offsets are all checked against the buffer (flatbuffers.dev, "Internals"). */
export class FlatTable {
  readonly bytes: Uint8Array;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.#at = at;
    this.#vtable = at - (checkedU32(bytes, at) | 0);
    this.#vtableBytes = checkedU32(bytes, this.#vtable) & 0xffff;
    checkRange(bytes, this.#vtable, this.#vtableBytes);
  }

  /** The position of a field's value, or undefined when it is absent and so has its default. @param size - its bytes */
  field(slot: number, size: number): number | undefined {
    const entry = 4 + 2 * slot;
    if (entry + 2 > this.#vtableBytes) return undefined;
    const offset = readU16(this.bytes, this.#vtable + entry);
    if (offset === 0) return undefined;
    checkRange(this.bytes, this.#at + offset, size);
    return this.#at + offset;
  }

  /** A vector, or a string: its first element's position and its count; undefined when it is absent. */
  vector(slot: number, elementBytes: number): { readonly at: number; readonly count: number } | undefined {
    const field = this.field(slot, 4);
    if (field === undefined) return undefined;
    const start = field + readU32(this.bytes, field);
    const count = checkedU32(this.bytes, start);
    checkRange(this.bytes, start + 4, count * elementBytes);
    return { at: start + 4, count };
  }

  /** The table that an element of a vector of tables points to. */
  element(at: number): FlatTable {
    return new FlatTable(this.bytes, at + checkedU32(this.bytes, at));
  }
}

/** The root table of a buffer, and the four letters that tell what it is. */
export function readFlatBuffer(bytes: Uint8Array): { readonly id: string; readonly root: FlatTable } {
  checkRange(bytes, 0, 8);
  const id = String.fromCharCode(...bytes.subarray(4, 8));
  return { id, root: new FlatTable(bytes, readU32(bytes, 0)) };
}

function checkedU32(bytes: Uint8Array, at: number): number {
  checkRange(bytes, at, 4);
  return readU32(bytes, at);
}

function checkRange(bytes: Uint8Array, at: number, size: number): void {
  if (at >= 0 && at + size <= bytes.length) return;
  throw new FlatBufferError(`${size} bytes at ${at} are outside a buffer of ${bytes.length} bytes`);
}
