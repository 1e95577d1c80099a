import { readU16, readU32 } from "@millrace/base";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "./bson-types.ts";
import {
  asCorrupt,
  checkTable,
  corrupt,
  corruptEntry,
  HEAD_BYTES,
  LISTED_HEAD_BYTES,
  listedNames,
  offsetAt,
} from "./container.ts";
import { Decimal128 } from "./decimal128.ts";
import type { FieldNames } from "./field-names.ts";
import { COUNT_MASK, LISTED_FLAG, TYPE, WIDE_FLAG } from "./format.ts";
import { compileListedDecoder, type ListedDecoder, type ValueDecoders } from "./listed-decoder.ts";
import { ObjectId } from "./object-id.ts";
import { asciiText, beginSource, endSource, text } from "./read-text.ts";
import { COMPILE_AFTER, keepShape, noteShape, type Shape, shapeAt } from "./shapes.ts";
import type { Document, Value } from "./value.ts";

/** Values of the objects that are being read, those of inner ones behind those of outer ones. */
const values: Value[] = [];
let top = 0;
const eight = new Uint8Array(8);
const eightAsWords = new Uint32Array(eight.buffer);
const eightAsDouble = new Float64Array(eight.buffer);
const eightAsInt64 = new BigInt64Array(eight.buffer);

const DECODERS: ValueDecoders = {
  value: decodeValue,
  double: (bytes, start, end) => doubleOf(doubleAt(bytes, start, end)),
  ascii: asciiText,
};

/** Decodes a whole document. @throws CorruptDataError `DOCDB_DOCUMENT_CORRUPT` */
export function decodeDocument(bytes: Uint8Array, start = 0, end: number = bytes.length): Document {
  top = 0;
  beginSource(bytes, start, end);
  try {
    return decodeObject(bytes, start, end);
  } catch (error) {
    throw asCorrupt(error);
  } finally {
    endSource();
  }
}

/** Decodes one value where it lies. @throws CorruptDataError `DOCDB_DOCUMENT_CORRUPT` */
export function decodeValueAt(bytes: Uint8Array, type: number, start: number, end: number): Value {
  top = 0;
  try {
    return decodeValue(bytes, type, start, end);
  } catch (error) {
    throw asCorrupt(error);
  }
}

function decodeObject(bytes: Uint8Array, start: number, end: number): Document {
  const declared = readU32(bytes, start);
  const count = declared & COUNT_MASK;
  const width = declared >= WIDE_FLAG ? 4 : 2;
  if ((declared & LISTED_FLAG) !== 0) return decodeListed(bytes, start, end, count, width);
  checkTable(bytes, start, end, count, width, HEAD_BYTES);
  const table = start + HEAD_BYTES;
  const shape = shapeOf(bytes, start, end, table, count, width);
  const from = top;
  top += count;
  const { lengths } = shape;
  let entry = start + 4 + count * width;
  for (let i = 0; i < count; i++) {
    const entryEnd = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
    const valueStart = entry + 3 + lengths[i]!;
    if (valueStart > entryEnd || entryEnd > end) throw corruptEntry(start, i, count, entryEnd);
    values[from + i] = decodeValue(bytes, bytes[entry]!, valueStart, entryEnd);
    entry = entryEnd;
  }
  const made = shape.make(values, from);
  top = from;
  return made;
}

/** An object that has the id of its names. */
function decodeListed(bytes: Uint8Array, start: number, end: number, count: number, width: number): Document {
  const list = listedNames(bytes, start, count);
  if (list.decode !== undefined && width === 2) {
    const decoded = list.decode(bytes, start, end);
    if (decoded !== undefined) return decoded;
  }
  checkTable(bytes, start, end, count, width, LISTED_HEAD_BYTES);
  const table = start + LISTED_HEAD_BYTES;
  const from = top;
  top += count;
  let entry = table + count * width;
  for (let i = 0; i < count; i++) {
    const entryEnd = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
    if (entry >= entryEnd || entryEnd > end) throw corruptEntry(start, i, count, entryEnd);
    values[from + i] = decodeValue(bytes, bytes[entry]!, entry + 1, entryEnd);
    entry = entryEnd;
  }
  const made = list.make(values, from);
  top = from;
  if (++list.seen === COMPILE_AFTER && width === 2) list.decode = decoderLike(list, bytes, start);
  return made;
}

/** A decoder of objects with a list of names, like the one that begins at `start`. */
export function decoderLike(
  list: FieldNames,
  bytes: Uint8Array,
  start: number,
  wanted?: readonly number[],
): ListedDecoder | undefined {
  const table = start + LISTED_HEAD_BYTES;
  const types = Array.from(list.names, (_, i) => bytes[start + readU16(bytes, table + 2 * i)]!);
  return compileListedDecoder(list.names, types, DECODERS, wanted);
}

/** Runs a decoder. @throws CorruptDataError `DOCDB_DOCUMENT_CORRUPT` */
export function runDecoder(
  decode: ListedDecoder,
  bytes: Uint8Array,
  start: number,
  end: number,
): Document | undefined {
  top = 0;
  try {
    return decode(bytes, start, end);
  } catch (error) {
    throw asCorrupt(error);
  }
}

/** The shape of an object's names: the one that is kept, if the names are the same. */
function shapeOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  table: number,
  count: number,
  width: number,
): Shape {
  let hash = count;
  for (let i = 0; i < count; i++) {
    const entry = start + offsetAt(bytes, table + i * width, width);
    hash = Math.imul(hash, 31) + ((bytes[entry + 1]! << 8) | bytes[entry + 3]!);
  }
  hash ^= hash >>> 15;
  const known = shapeAt(hash);
  if (known !== undefined && hasShape(bytes, start, table, count, width, known)) {
    noteShape(known);
    return known;
  }
  return newShape(bytes, start, end, count, width, hash);
}

function hasShape(
  bytes: Uint8Array,
  start: number,
  table: number,
  count: number,
  width: number,
  shape: Shape,
): boolean {
  const { lengths, bytes: names } = shape;
  if (lengths.length !== count) return false;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const name = start + offsetAt(bytes, table + i * width, width) + 3;
    const length = lengths[i]!;
    if ((bytes[name - 2]! | (bytes[name - 1]! << 8)) !== length) return false;
    for (let n = 0; n < length; n++) if (bytes[name + n] !== names[at + n]) return false;
    at += length;
  }
  return true;
}

function newShape(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  width: number,
  hash: number,
): Shape {
  const names: string[] = [];
  const parts: Uint8Array[] = [];
  const lengths = new Uint16Array(count);
  let entry = start + HEAD_BYTES + count * width;
  for (let i = 0; i < count; i++) {
    const next = start + HEAD_BYTES + (i + 1) * width;
    const entryEnd = i + 1 < count ? start + offsetAt(bytes, next, width) : end;
    if (entryEnd <= entry || entryEnd > end) throw corruptEntry(start, i, count, entryEnd);
    const length = readU16(bytes, entry + 1);
    if (entry + 3 + length > entryEnd) throw corrupt(entry, "a field's name runs past its end");
    names.push(text(bytes, entry + 3, entry + 3 + length));
    parts.push(bytes.slice(entry + 3, entry + 3 + length));
    lengths[i] = length;
    entry = entryEnd;
  }
  return keepShape(hash, names, Buffer.concat(parts), lengths);
}

function decodeArray(bytes: Uint8Array, start: number, end: number): Value[] {
  const declared = readU32(bytes, start);
  const count = declared & COUNT_MASK;
  const width = declared >= WIDE_FLAG ? 4 : 2;
  checkTable(bytes, start, end, count, width, HEAD_BYTES);
  const found: Value[] = [];
  const table = start + HEAD_BYTES;
  let entry = table + count * width;
  for (let i = 0; i < count; i++) {
    const entryEnd = i + 1 < count ? start + offsetAt(bytes, table + (i + 1) * width, width) : end;
    if (entryEnd <= entry || entryEnd > end) throw corruptEntry(start, i, count, entryEnd);
    found.push(decodeValue(bytes, bytes[entry]!, entry + 1, entryEnd));
    entry = entryEnd;
  }
  return found;
}

function decodeValue(bytes: Uint8Array, type: number, start: number, end: number): Value {
  switch (type) {
    case TYPE.null:
      return null;
    case TYPE.false:
      return false;
    case TYPE.true:
      return true;
    case TYPE.int32:
      return readU32(bytes, start) | 0;
    case TYPE.int64:
      loadEight(bytes, start, end);
      return eightAsInt64[0]!;
    case TYPE.double:
      return doubleOf(doubleAt(bytes, start, end));
    case TYPE.string:
      return text(bytes, start, end);
    case TYPE.ascii:
      return asciiText(bytes, start, end);
    case TYPE.date:
      return new Date(doubleAt(bytes, start, end));
    case TYPE.binary:
      return bytes.slice(start, end);
    case TYPE.objectId:
      return new ObjectId(bytes.slice(start, end));
    case TYPE.array:
      return decodeArray(bytes, start, end);
    case TYPE.object:
      return decodeObject(bytes, start, end);
    case TYPE.decimal:
      return Decimal128.fromBytes(bytes.subarray(start, end));
    case TYPE.subtypedBinary:
      return new Binary(bytes.slice(start + 1, end), bytes[start]!);
    case TYPE.timestamp:
      return new Timestamp(readU32(bytes, start + 4), readU32(bytes, start));
    case TYPE.regex: {
      const pattern = start + 2 + readU16(bytes, start);
      return new BSONRegExp(text(bytes, pattern, end), text(bytes, start + 2, pattern));
    }
    case TYPE.code:
      return new Code(text(bytes, start, end));
    case TYPE.codeWithScope: {
      const [code, scope] = decodeArray(bytes, start, end);
      return new Code(String(code), scope as Document);
    }
    case TYPE.minKey:
      return new MinKey();
    case TYPE.maxKey:
      return new MaxKey();
  }
  throw corrupt(start, `value type ${type} is unknown; it may be of a later release`);
}

/** A number as it is, unless that would be taken for an int32. */
function doubleOf(value: number): number | Double {
  return (value | 0) === value && !Object.is(value, -0) ? new Double(value) : value;
}

/** The double in eight bytes; those of a page are not aligned. */
export function doubleAt(bytes: Uint8Array, start: number, end: number): number {
  loadEight(bytes, start, end);
  return eightAsDouble[0]!;
}

function loadEight(bytes: Uint8Array, start: number, end: number): void {
  if (end - start < 8) throw corrupt(start, `a number of ${end - start} bytes`);
  eightAsWords[0] = readU32(bytes, start);
  eightAsWords[1] = readU32(bytes, start + 4);
}
