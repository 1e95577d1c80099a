/** The encoder: containers and values into one buffer (docs/formats/doc-db.md). */
import { CapacityError, InvalidArgumentError, readU32, writeU16, writeU32 } from "@millrace/base";
import type { Binary, BSONRegExp, Code, Timestamp } from "./bson-types.ts";
import { Double } from "./bson-types.ts";
import { HEAD_BYTES, LISTED_HEAD_BYTES, offsetAt } from "./container.ts";
import { Decimal128 } from "./decimal128.ts";
import type { FieldNames } from "./field-names.ts";
import { LISTED_FLAG, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH, TYPE, WIDE_FLAG } from "./format.ts";
import { checkText, nameBytes } from "./name-bytes.ts";
import { namesListOf } from "./name-trie.ts";
import type { ObjectId } from "./object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "./value.ts";

/** The buffer's own writer of text, which its types leave out: it takes an offset, where an encoder takes a view. */
type ScratchBuffer = Buffer<ArrayBuffer> & { utf8Write(text: string, offset: number): number };

/** Shorter text is written here: cheaper than a call out of JavaScript. */
const SHORT_TEXT = 48;

/** One buffer for all encodings: it grows to the largest document and stays. */
let scratch = Buffer.alloc(16 * 1024) as ScratchBuffer;
let view = new DataView(scratch.buffer, scratch.byteOffset);
let at = 0;
/** Where the lists of names go that the document has the ids of; undefined when names are to be in it. */
let lists: FieldNames[] | undefined;

/**
 * Encodes a document.
 * @param used - gets the lists of names that it refers to; without it all names are in the bytes
 * @returns bytes that the next one is written over
 */
export function encodeToScratch(document: Document, used: FieldNames[] | undefined): Uint8Array {
  at = 0;
  lists = used;
  writeContainer(document, false, 1);
  return finished();
}

/**
 * As {@link encodeToScratch} for a document that another one was made of: fields that are the same are copied as they
 * were encoded.
 * @param bytes - of the document before
 * @param used - gets the lists of names that the fields refer to that are not copied
 * @returns undefined where the two have not got the same list of names
 */
export function encodeChangedToScratch(
  before: Document,
  bytes: Uint8Array,
  after: Document,
  used: FieldNames[],
): Uint8Array | undefined {
  const names = Object.keys(after);
  const list = namesListOf(names, nameBytes);
  const count = names.length;
  if (list === undefined || readU32(bytes, 0) !== count + LISTED_FLAG) return undefined;
  if (readU32(bytes, HEAD_BYTES) !== list.low || readU32(bytes, HEAD_BYTES + 4) !== list.high)
    return undefined;
  lists = used;
  const table = LISTED_HEAD_BYTES;
  at = 0;
  reserve(bytes.length);
  at = table + 2 * count;
  scratch.set(bytes.subarray(0, at));
  for (let i = 0; i < count; ) {
    const name = names[i]!;
    writeU16(scratch, table + 2 * i, at);
    if (!Object.is(before[name], after[name])) {
      writeEntry(after[name]!, undefined, 1);
      i++;
    } else {
      const from = offsetAt(bytes, table + 2 * i, 2);
      const first = i;
      do i++;
      while (i < count && Object.is(before[names[i]!], after[names[i]!]));
      const to = i < count ? offsetAt(bytes, table + 2 * i, 2) : bytes.length;
      for (let n = first + 1; n < i; n++)
        writeU16(scratch, table + 2 * n, at + offsetAt(bytes, table + 2 * n, 2) - from);
      writeBytes(bytes.subarray(from, to));
    }
    // Offsets of 16 bits are too narrow: it is encoded from the beginning.
    if (at > 0xffff) return undefined;
  }
  return finished();
}

function finished(): Uint8Array {
  if (at > MAX_DOCUMENT_BYTES)
    throw new CapacityError("DOCDB_DOCUMENT_TOO_LARGE", "document", at, MAX_DOCUMENT_BYTES);
  return scratch.subarray(0, at);
}

function writeContainer(container: Document | readonly Value[], isArray: boolean, depth: number): void {
  if (depth > MAX_DOCUMENT_DEPTH) {
    throw new InvalidArgumentError(
      "DOCDB_DOCUMENT_DEPTH",
      "document depth",
      depth,
      `at most ${MAX_DOCUMENT_DEPTH} levels`,
    );
  }
  const start = at;
  if (writeEntries(container, isArray, depth, 2)) return;
  // Offsets of 16 bits were too narrow: write it again with 32.
  at = start;
  writeEntries(container, isArray, depth, 4);
}

/** @returns false when an offset does not fit into `width` bytes */
function writeEntries(
  container: Document | readonly Value[],
  isArray: boolean,
  depth: number,
  width: 2 | 4,
): boolean {
  const start = at;
  const names = isArray ? undefined : Object.keys(container);
  const count = names === undefined ? (container as readonly Value[]).length : names.length;
  if (width === 2 && count > 0x7fff) return false;
  const list = names !== undefined && lists !== undefined ? namesListOf(names, nameBytes) : undefined;
  const table = start + (list === undefined ? HEAD_BYTES : LISTED_HEAD_BYTES);
  reserve(table + width * count - at);
  // The top bit of the count says how wide the offsets are.
  writeU32(scratch, start, count + (width === 2 ? 0 : WIDE_FLAG) + (list === undefined ? 0 : LISTED_FLAG));
  if (list !== undefined) {
    writeU32(scratch, start + HEAD_BYTES, list.low);
    writeU32(scratch, start + HEAD_BYTES + 4, list.high);
    if (lists?.includes(list) === false) lists.push(list);
  }
  at = table + width * count;
  for (let i = 0; i < count; i++) {
    const offset = at - start;
    if (width === 2 && offset > 0xffff) return false;
    if (width === 2) writeU16(scratch, table + 2 * i, offset);
    else writeU32(scratch, table + 4 * i, offset);
    const value =
      names === undefined ? (container as readonly Value[])[i]! : (container as Document)[names[i]!]!;
    writeEntry(value, list === undefined ? names?.[i] : undefined, depth);
  }
  return true;
}

/** A value with its type in front, and its name where it has one. */
function writeEntry(value: Value, name: string | undefined, depth: number): void {
  reserve(1);
  const typeAt = at++;
  if (name !== undefined) writeName(name);
  // A nested container may move the buffer, so the type is put in its place afterwards.
  const type = writeValue(value, depth);
  scratch[typeAt] = type;
}

/** An invalid one could be kept here, but neither BSON nor JSON can say it. */
function timeOf(date: Date): number {
  const time = date.getTime();
  if (Number.isNaN(time))
    throw new InvalidArgumentError("DOCDB_VALUE_TYPE", "field value", date, "a valid date; this one is NaN");
  return time;
}

function writeValue(value: Value, depth: number): number {
  switch (rankOf(value)) {
    case TYPE_RANK.null:
      return TYPE.null;
    case TYPE_RANK.boolean:
      return value === true ? TYPE.true : TYPE.false;
    case TYPE_RANK.number:
      return writeNumber(value as number | bigint | Double | Decimal128);
    case TYPE_RANK.string:
      return writeText(value as string) ? TYPE.ascii : TYPE.string;
    case TYPE_RANK.date:
      reserve(8);
      view.setFloat64(at, timeOf(value as Date), true);
      at += 8;
      return TYPE.date;
    case TYPE_RANK.binary:
      if (!(value instanceof Uint8Array)) return writeSubtyped(value as Binary);
      writeBytes(value);
      return TYPE.binary;
    case TYPE_RANK.objectId:
      writeBytes((value as ObjectId).bytes);
      return TYPE.objectId;
    case TYPE_RANK.array:
      writeContainer(value as readonly Value[], true, depth + 1);
      return TYPE.array;
    case TYPE_RANK.object:
      writeContainer(value as Document, false, depth + 1);
      return TYPE.object;
    case TYPE_RANK.timestamp:
      reserve(8);
      writeU32(scratch, at, (value as Timestamp).increment);
      writeU32(scratch, at + 4, (value as Timestamp).seconds);
      at += 8;
      return TYPE.timestamp;
    case TYPE_RANK.regex:
      writeName((value as BSONRegExp).options);
      writeText((value as BSONRegExp).pattern);
      return TYPE.regex;
    case TYPE_RANK.code:
      writeText((value as Code).code);
      return TYPE.code;
    case TYPE_RANK.codeWithScope:
      writeContainer([(value as Code).code, (value as Code).scope as Document], true, depth + 1);
      return TYPE.codeWithScope;
    case TYPE_RANK.minKey:
      return TYPE.minKey;
    default:
      return TYPE.maxKey;
  }
}

function writeSubtyped(value: Binary): number {
  reserve(1);
  scratch[at++] = value.subtype;
  writeBytes(value.bytes);
  return TYPE.subtypedBinary;
}

function writeNumber(given: number | bigint | Double | Decimal128): number {
  if (given instanceof Decimal128) {
    writeBytes(given.toBytes());
    return TYPE.decimal;
  }
  const value = given instanceof Double ? given.value : given;
  reserve(8);
  if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) !== value) {
      throw new InvalidArgumentError("DOCDB_INT64_RANGE", "int64 value", value, "an integer of 64 bits");
    }
    view.setBigInt64(at, value, true);
    at += 8;
    return TYPE.int64;
  }
  if ((value | 0) === value && !Object.is(value, -0) && !(given instanceof Double)) {
    view.setInt32(at, value, true);
    at += 4;
    return TYPE.int32;
  }
  view.setFloat64(at, value, true);
  at += 8;
  return TYPE.double;
}

/** A name has its length in front, as its value's type does not say where it ends. */
function writeName(name: string): void {
  const known = nameBytes(name);
  reserve(known.length);
  if (known.length > SHORT_TEXT) scratch.set(known, at);
  else for (let i = 0; i < known.length; i++) scratch[at + i] = known[i]!;
  at += known.length;
}

/** @returns whether it is ASCII */
function writeText(text: string): boolean {
  const { length } = text;
  reserve(length * 3);
  if (length <= SHORT_TEXT) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) break;
      scratch[at + i] = unit;
    }
    if (i === length) {
      at += length;
      return true;
    }
  }
  checkText(text);
  const written = scratch.utf8Write(text, at);
  at += written;
  return written === length;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, at);
  at += bytes.length;
}

function reserve(byteLength: number): void {
  const needed = at + byteLength;
  if (needed <= scratch.length) return;
  // Text reserves three bytes a unit, so the limit is checked on what may be used, generously.
  if (at > MAX_DOCUMENT_BYTES || byteLength > 3 * MAX_DOCUMENT_BYTES + 16) {
    throw new CapacityError("DOCDB_DOCUMENT_TOO_LARGE", "document", needed, MAX_DOCUMENT_BYTES);
  }
  const grown = Buffer.alloc(Math.max(needed, scratch.length * 2)) as ScratchBuffer;
  grown.set(scratch.subarray(0, at));
  scratch = grown;
  view = new DataView(grown.buffer, grown.byteOffset);
}
