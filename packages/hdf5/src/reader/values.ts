import type { TypedArray } from "@millrace/buffers";
import { Cursor, textOf } from "./cursor.ts";
import type { GlobalHeapReader } from "./global-heap.ts";
import { asColumn, decodeNumbers } from "./numbers.ts";
import type { ReaderFile } from "./reader-file.ts";
import { type Hdf5Reference, type Hdf5Type, isNumberType } from "./types.ts";

/** The columns of records, by the names of their fields. */
export interface Hdf5Columns {
  readonly [field: string]: Hdf5Values;
}

/**
 * Values as they are read: numbers, booleans (0 and 1), enumerations and arrays of them as a typed array, text as
 * strings, records as columns, sequences as a list of values each, opaque data as bytes each.
 */
export type Hdf5Values = TypedArray<ArrayBuffer> | string[] | Hdf5Reference[] | Hdf5Columns | Hdf5Values[];

/** One value: a record is an object of values; an array inside an element is as in {@link Hdf5Values}. */
export type Hdf5Scalar = number | bigint | boolean | string | Hdf5Reference | Hdf5Values | Hdf5Record;

/** One record. */
export interface Hdf5Record {
  readonly [field: string]: Hdf5Scalar;
}

/** What an element that becomes an object or a string takes at least, against the limit of a read. */
const OBJECT_BYTES = 32;

/** Turns the bytes of elements into values; what one call may take is bounded. */
export class ValueDecoder {
  readonly #file: ReaderFile;
  readonly #heap: GlobalHeapReader;
  #takenBytes = 0;

  constructor(file: ReaderFile, heap: GlobalHeapReader) {
    this.#file = file;
    this.#heap = heap;
  }

  /**
   * @param start - the first byte of the first element
   * @param stride - bytes from one element to the next
   * @throws CorruptDataError, CapacityError
   * @throws MillraceError `HDF5_UNSUPPORTED_TYPE`
   */
  decode(
    type: Hdf5Type,
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    stride: number,
    count: number,
  ): Hdf5Values {
    if (isNumberType(type)) return decodeNumbers(type, bytes, start, stride, count);
    switch (type.kind) {
      case "boolean":
        return stride === 1 ? asColumn("uint8", bytes, start, count) : everyByte(bytes, start, stride, count);
      case "enum":
        return decodeNumbers(type.base, bytes, start, stride, count);
      case "array": {
        const length = type.byteLength / type.base.byteLength;
        const isPacked = stride === type.byteLength || count === 1;
        const source = isPacked ? bytes : packed(bytes, start, stride, type.byteLength, count);
        return this.decode(type.base, source, isPacked ? start : 0, type.base.byteLength, count * length);
      }
      case "compound": {
        // Without a prototype, so that a field may have any name.
        const columns: Record<string, Hdf5Values> = Object.create(null);
        for (const { name, byteOffset, type: field } of type.fields) {
          columns[name] = this.decode(field, bytes, start + byteOffset, stride, count);
        }
        return columns;
      }
      case "unsupported":
        throw this.#file.unsupported("TYPE", type.name);
      default:
        this.#take(count * OBJECT_BYTES);
    }
    const at = (i: number): Uint8Array<ArrayBuffer> =>
      bytes.subarray(start + i * stride, start + i * stride + type.byteLength);
    if (type.kind === "opaque") return Array.from({ length: count }, (_, i) => at(i));
    if (type.kind === "reference") return Array.from({ length: count }, (_, i) => this.#reference(at(i)));
    if (type.kind === "sequence")
      return Array.from({ length: count }, (_, i) => this.#sequence(type.base, at(i)));
    if (type.isVariable) return Array.from({ length: count }, (_, i) => this.#variableText(at(i)));
    return Array.from({ length: count }, (_, i) => fixedText(at(i), type.padding));
  }

  /** The one value of bytes that hold one element. */
  scalar(type: Hdf5Type, bytes: Uint8Array<ArrayBuffer>): Hdf5Scalar {
    if (type.kind !== "compound") return this.#first(type, this.decode(type, bytes, 0, type.byteLength, 1));
    const record: Record<string, Hdf5Scalar> = Object.create(null);
    for (const { name, byteOffset, type: field } of type.fields) {
      record[name] = this.scalar(field, bytes.subarray(byteOffset, byteOffset + field.byteLength));
    }
    return record;
  }

  #first(type: Hdf5Type, values: Hdf5Values): Hdf5Scalar {
    if (type.kind === "array") return values;
    const first = (values as ArrayLike<Hdf5Scalar>)[0]!;
    return type.kind === "boolean" ? first !== 0 : first;
  }

  #reference(bytes: Uint8Array<ArrayBuffer>): Hdf5Reference {
    return { address: new Cursor(this.#file, bytes, 0, "a reference").offset() };
  }

  #variableText(bytes: Uint8Array<ArrayBuffer>): string {
    const text = this.#heapBytes(bytes, 1);
    // C programs count the NUL at the end; nothing behind a NUL is text.
    const end = text.indexOf(0);
    return textOf(end < 0 ? text : text.subarray(0, end));
  }

  #sequence(base: Hdf5Type, bytes: Uint8Array<ArrayBuffer>): Hdf5Values {
    const data = this.#heapBytes(bytes, base.byteLength);
    return this.decode(base, data, 0, base.byteLength, data.length / base.byteLength);
  }

  /** An element of variable length: a count, the address of a collection of the global heap, and an index in it. */
  #heapBytes(bytes: Uint8Array<ArrayBuffer>, elementBytes: number): Uint8Array<ArrayBuffer> {
    const cursor = new Cursor(this.#file, bytes, 0, "an element of variable length");
    const byteLength = cursor.u32() * elementBytes;
    const address = cursor.offset();
    const index = cursor.u32();
    if (byteLength === 0 || (address <= 0 && index === 0)) return new Uint8Array(0);
    this.#take(byteLength);
    return this.#heap.object(address, index, byteLength);
  }

  #take(byteLength: number): void {
    this.#takenBytes += byteLength;
    this.#file.checkLimit("values of one read", this.#takenBytes);
  }
}

function everyByte(bytes: Uint8Array, start: number, stride: number, count: number): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) values[i] = bytes[start + i * stride]!;
  return values;
}

function packed(
  bytes: Uint8Array,
  start: number,
  stride: number,
  size: number,
  count: number,
): Uint8Array<ArrayBuffer> {
  const dst = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const from = start + i * stride;
    dst.set(bytes.subarray(from, from + size), i * size);
  }
  return dst;
}

function fixedText(bytes: Uint8Array, padding: "nul-terminated" | "nul" | "space"): string {
  if (padding === "nul") return textOf(bytes);
  if (padding === "nul-terminated") {
    const end = bytes.indexOf(0);
    return textOf(end < 0 ? bytes : bytes.subarray(0, end));
  }
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0x20) end--;
  return textOf(bytes.subarray(0, end));
}
