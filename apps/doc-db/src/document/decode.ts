import { CorruptDataError, readU16, readU32 } from "@millrace/base";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "./bson-types.ts";
import { Decimal128 } from "./decimal128.ts";
import { TYPE, WIDE_FLAG } from "./format.ts";
import { ObjectId } from "./object-id.ts";
import { type Document, setField, type Value } from "./value.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes a whole document. @throws CorruptDataError `DOCDB_DOCUMENT_CORRUPT` */
export function decodeDocument(bytes: Uint8Array): Document {
  try {
    return decodeObject(bytes, 0, bytes.length);
  } catch (error) {
    throw asCorrupt(error);
  }
}

/**
 * Reads one field of an encoded document and leaves the others alone.
 * @param name - the field's name in UTF-8, see {@link fieldName}
 * @returns undefined when there is no such field
 */
export function readField(bytes: Uint8Array, name: Uint8Array): Value | undefined {
  const declared = readU32(bytes, 0);
  const isWide = declared >= WIDE_FLAG;
  const count = isWide ? declared - WIDE_FLAG : declared;
  const width = isWide ? 4 : 2;
  checkTable(bytes, 0, bytes.length, count, width);
  for (let i = 0; i < count; i++) {
    const entry = offsetAt(bytes, 4 + i * width, width);
    if (!hasName(bytes, entry + 1, name)) continue;
    const end = i + 1 < count ? offsetAt(bytes, 4 + (i + 1) * width, width) : bytes.length;
    try {
      return decodeValue(bytes, bytes[entry]!, entry + 3 + name.length, end);
    } catch (error) {
      throw asCorrupt(error);
    }
  }
  return undefined;
}

/** A field's name as {@link readField} compares it. */
export function fieldName(name: string): Uint8Array {
  return encoder.encode(name);
}

function hasName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  if (readU16(bytes, at) !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[at + 2 + i] !== name[i]) return false;
  return true;
}

function decodeObject(bytes: Uint8Array, start: number, end: number): Document {
  const document: Record<string, Value> = {};
  eachEntry(bytes, start, end, (entry, entryEnd) => {
    const nameBytes = readU16(bytes, entry + 1);
    const valueStart = entry + 3 + nameBytes;
    if (valueStart > entryEnd) throw corrupt(entry, "a field's name runs past its end");
    setField(
      document,
      text(bytes, entry + 3, valueStart),
      decodeValue(bytes, bytes[entry]!, valueStart, entryEnd),
    );
  });
  return document;
}

function decodeArray(bytes: Uint8Array, start: number, end: number): Value[] {
  const values: Value[] = [];
  eachEntry(bytes, start, end, (entry, entryEnd) => {
    values.push(decodeValue(bytes, bytes[entry]!, entry + 1, entryEnd));
  });
  return values;
}

function eachEntry(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (entry: number, end: number) => void,
): void {
  const declared = readU32(bytes, start);
  const isWide = declared >= WIDE_FLAG;
  const count = isWide ? declared - WIDE_FLAG : declared;
  const width = isWide ? 4 : 2;
  checkTable(bytes, start, end, count, width);
  let entry = start + offsetAt(bytes, start + 4, width);
  for (let i = 0; i < count; i++) {
    const entryEnd = i + 1 < count ? start + offsetAt(bytes, start + 4 + (i + 1) * width, width) : end;
    if (entryEnd <= entry || entryEnd > end)
      throw corrupt(start, `entry ${i} of ${count} ends at byte ${entryEnd}`);
    visit(entry, entryEnd);
    entry = entryEnd;
  }
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
      return viewOf(bytes).getBigInt64(start, true);
    case TYPE.double:
      return doubleOf(viewOf(bytes).getFloat64(start, true));
    case TYPE.string:
      return text(bytes, start, end);
    case TYPE.date:
      return new Date(viewOf(bytes).getFloat64(start, true));
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

function offsetAt(bytes: Uint8Array, at: number, width: number): number {
  return width === 2 ? readU16(bytes, at) : readU32(bytes, at);
}

function checkTable(bytes: Uint8Array, start: number, end: number, count: number, width: number): void {
  const needed = 4 + count * width;
  if (end - start < needed || (count > 0 && offsetAt(bytes, start + 4, width) !== needed)) {
    throw corrupt(start, `its table of ${count} offsets does not fit its ${end - start} bytes`);
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  // Short ASCII is the common case, and cheaper than a call into the decoder.
  if (end - start < 24) {
    let found = "";
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte > 127) return decoder.decode(bytes.subarray(start, end));
      found += String.fromCharCode(byte);
    }
    return found;
  }
  return decoder.decode(bytes.subarray(start, end));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What the engine throws for bytes out of range and for text that is no UTF-8 is damage too. */
function asCorrupt(error: unknown): unknown {
  if (error instanceof CorruptDataError) return error;
  return new CorruptDataError(
    "DOCDB_DOCUMENT_CORRUPT",
    "encoded document",
    0,
    "a value runs past its end, or is no UTF-8",
    { cause: error },
  );
}

function corrupt(byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_DOCUMENT_CORRUPT", "encoded document", byteOffset, problem);
}
