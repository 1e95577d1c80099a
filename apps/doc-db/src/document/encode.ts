import { CapacityError, InvalidArgumentError, writeU16, writeU32 } from "@millrace/base";
import type { Binary, BSONRegExp, Code, Timestamp } from "./bson-types.ts";
import { Double } from "./bson-types.ts";
import { HEAD_BYTES, LISTED_HEAD_BYTES } from "./container.ts";
import { Decimal128 } from "./decimal128.ts";
import type { FieldNames } from "./field-names.ts";
import {
  LISTED_FLAG,
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENT_DEPTH,
  MAX_NAME_BYTES,
  TYPE,
  WIDE_FLAG,
} from "./format.ts";
import { namesListOf } from "./name-trie.ts";
import type { ObjectId } from "./object-id.ts";
import { type Document, rankOf, TYPE_RANK, type Value } from "./value.ts";

/** The buffer's own writer of text, which its types leave out: it takes an offset, where an encoder takes a view. */
type ScratchBuffer = Buffer<ArrayBuffer> & { utf8Write(text: string, offset: number): number };

const encoder = new TextEncoder();
/** Bytes of a block of {@link encodeShared}. */
const SHARED_BYTES = 256 * 1024;
let shared = new ArrayBuffer(SHARED_BYTES);
let sharedAt = 0;
/** Shorter text is written here: cheaper than a call out of JavaScript. */
const SHORT_TEXT = 48;
/** Names kept encoded, and the longest of them. */
const MAX_KEPT_NAMES = 4096;
const MAX_KEPT_NAME = 256;
const encodedNames = new Map<string, Uint8Array>();

/** One buffer for all encodings: it grows to the largest document and stays. */
let scratch = Buffer.alloc(16 * 1024) as ScratchBuffer;
let view = new DataView(scratch.buffer, scratch.byteOffset);
let at = 0;
/** Whether names may be left out for the id of their list, and the lists that the document has the ids of. */
let isStored = false;
const used: FieldNames[] = [];
let lastUsed: readonly FieldNames[] = [];

/** A document as it is stored. */
export interface StoredBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The lists of names that the file must have to read it. */
  readonly names: readonly FieldNames[];
}

/**
 * Encodes a document as docs/formats/doc-db.md lays it out, with all its names.
 * @returns bytes of their own
 * @throws InvalidArgumentError `DOCDB_VALUE_TYPE`, `DOCDB_STRING_INVALID`, `DOCDB_DOCUMENT_DEPTH`
 * @throws CapacityError `DOCDB_DOCUMENT_TOO_LARGE` above 16 MiB
 */
export function encodeDocument(document: Document): Uint8Array<ArrayBuffer> {
  encodeToScratch(document);
  const bytes = new Uint8Array(at);
  bytes.set(scratch.subarray(0, at));
  return bytes;
}

/**
 * As {@link encodeDocument} for a file that keeps lists of names, and into a block that many documents share: for
 * bytes that are let go soon, as each array with memory of its own costs the garbage collector more than the encoding.
 */
export function encodeStored(document: Document): StoredBytes {
  isStored = true;
  used.length = 0;
  try {
    encodeToScratch(document);
  } finally {
    isStored = false;
  }
  return { bytes: sharedCopy(), names: usedNames() };
}

/** The lists of the last document: the same array for documents alike. */
function usedNames(): readonly FieldNames[] {
  let same = used.length === lastUsed.length;
  for (let i = 0; same && i < used.length; i++) same = used[i] === lastUsed[i];
  if (!same) lastUsed = used.slice();
  return lastUsed;
}

function sharedCopy(): Uint8Array<ArrayBuffer> {
  if (at > SHARED_BYTES / 8) {
    const bytes = new Uint8Array(at);
    bytes.set(scratch.subarray(0, at));
    return bytes;
  }
  if (sharedAt + at > SHARED_BYTES) {
    shared = new ArrayBuffer(SHARED_BYTES);
    sharedAt = 0;
  }
  const bytes = new Uint8Array(shared, sharedAt, at);
  bytes.set(scratch.subarray(0, at));
  sharedAt += at;
  return bytes;
}

function encodeToScratch(document: Document): void {
  at = 0;
  writeContainer(document, false, 1);
  if (at > MAX_DOCUMENT_BYTES)
    throw new CapacityError("DOCDB_DOCUMENT_TOO_LARGE", "document", at, MAX_DOCUMENT_BYTES);
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
  const list = names !== undefined && isStored ? namesListOf(names, nameBytes) : undefined;
  const table = start + (list === undefined ? HEAD_BYTES : LISTED_HEAD_BYTES);
  reserve(table + width * count - at);
  // The top bit of the count says how wide the offsets are.
  writeU32(scratch, start, count + (width === 2 ? 0 : WIDE_FLAG) + (list === undefined ? 0 : LISTED_FLAG));
  if (list !== undefined) {
    writeU32(scratch, start + HEAD_BYTES, list.low);
    writeU32(scratch, start + HEAD_BYTES + 4, list.high);
    if (!used.includes(list)) used.push(list);
  }
  at = table + width * count;
  for (let i = 0; i < count; i++) {
    const offset = at - start;
    if (width === 2 && offset > 0xffff) return false;
    if (width === 2) writeU16(scratch, table + 2 * i, offset);
    else writeU32(scratch, table + 4 * i, offset);
    const value =
      names === undefined ? (container as readonly Value[])[i]! : (container as Document)[names[i]!]!;
    reserve(1);
    const typeAt = at++;
    if (names !== undefined && list === undefined) writeName(names[i]!);
    // A nested container may move the buffer, so the type is put in its place afterwards.
    const type = writeValue(value, depth);
    scratch[typeAt] = type;
  }
  return true;
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
      view.setFloat64(at, (value as Date).getTime(), true);
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

/** A name with its length in front; names come again and again. */
function nameBytes(name: string): Uint8Array {
  return encodedNames.get(name) ?? encodeName(name);
}

function encodeName(name: string): Uint8Array {
  checkText(name);
  const text = encoder.encode(name);
  if (text.length > MAX_NAME_BYTES)
    throw new CapacityError("DOCDB_NAME_TOO_LONG", "field name", text.length, MAX_NAME_BYTES);
  const bytes = new Uint8Array(2 + text.length);
  writeU16(bytes, 0, text.length);
  bytes.set(text, 2);
  if (text.length > MAX_KEPT_NAME) return bytes;
  if (encodedNames.size >= MAX_KEPT_NAMES) encodedNames.clear();
  encodedNames.set(name, bytes);
  return bytes;
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

function checkText(text: string): void {
  if (text.isWellFormed()) return;
  throw new InvalidArgumentError(
    "DOCDB_STRING_INVALID",
    "string",
    text,
    "well-formed Unicode, without half a surrogate pair",
  );
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
