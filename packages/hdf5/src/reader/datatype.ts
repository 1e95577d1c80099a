import type { ElementKind } from "@millrace/buffers";
import { bytesToHold, type Cursor } from "./cursor.ts";
import { decodeNumbers } from "./numbers.ts";
import type { Hdf5Field, Hdf5NumberType, Hdf5StringType, Hdf5Type } from "./types.ts";

/** Types inside types; far more than any program makes, and few enough for the stack. */
const MAX_DEPTH = 32;
const MAX_ARRAY_RANK = 32;
const CLASS_NAMES = ["", "", "a time", "", "", "", "", "", "", "", "", "a complex number"];

/**
 * Reads a datatype message, versions 1 to 5 (specification, IV.A.2.d).
 * @returns kind "unsupported" for what is known but cannot be read, so that the rest of the file still can
 * @throws CorruptDataError
 */
export function readDatatype(cursor: Cursor, depth = 0): Hdf5Type {
  if (depth > MAX_DEPTH) throw cursor.corrupt(`types are nested deeper than ${MAX_DEPTH}`);
  const head = cursor.u8();
  const [typeClass, version] = [head & 15, head >>> 4];
  const flags = cursor.uint(3);
  const byteLength = cursor.u32();
  if (version < 1 || version > 5) throw cursor.corrupt(`a datatype has the unknown version ${version}`);
  if (byteLength === 0) throw cursor.corrupt("a datatype has no bytes");
  switch (typeClass) {
    case 0:
      return readInteger(cursor, byteLength, flags, (flags & 8) !== 0);
    case 1:
      return readFloat(cursor, byteLength, flags);
    case 3:
      return stringType(byteLength, false, flags & 15, (flags >>> 4) & 15);
    case 4:
      return readInteger(cursor, byteLength, flags, false);
    case 5:
      return { kind: "opaque", byteLength, tag: cursor.text(flags & 0xff) };
    case 6:
      return readCompound(cursor, version, byteLength, flags & 0xffff, depth);
    case 7:
      if ((flags & 15) === 0) return { kind: "reference", byteLength };
      return { kind: "unsupported", byteLength, name: `a reference of type ${flags & 15}` };
    case 8:
      return readEnum(cursor, version, byteLength, flags & 0xffff, depth);
    case 9:
      if ((flags & 15) === 1) return readVariableString(cursor, byteLength, flags, depth);
      return { kind: "sequence", byteLength, base: readDatatype(cursor, depth + 1) };
    case 10:
      return readArray(cursor, version, byteLength, depth);
    default:
      if (CLASS_NAMES[typeClass] === undefined) throw cursor.corrupt(`a datatype has class ${typeClass}`);
      return { kind: "unsupported", byteLength, name: CLASS_NAMES[typeClass] };
  }
}

function readInteger(cursor: Cursor, byteLength: number, flags: number, isSigned: boolean): Hdf5Type {
  const bitOffset = cursor.u16();
  const bitCount = cursor.u16();
  if (byteLength > 8) return { kind: "unsupported", byteLength, name: `an integer of ${byteLength} bytes` };
  if (bitCount === 0 || bitOffset + bitCount > 8 * byteLength) {
    throw cursor.corrupt(
      `an integer of ${byteLength} bytes has bits ${bitOffset} to ${bitOffset + bitCount}`,
    );
  }
  const bits = byteLength > 4 ? 64 : byteLength > 2 ? 32 : 8 * byteLength;
  const kind = `${isSigned ? "int" : "uint"}${bits}` as ElementKind;
  return { kind, byteLength, isBigEndian: (flags & 1) !== 0, bitOffset, bitCount };
}

/** Fields of the IEEE formats: bits, exponent at, exponent bits, mantissa bits, bias. */
const IEEE = [
  { kind: "float16", byteLength: 2, layout: [16, 10, 5, 0, 10], bias: 15 },
  { kind: "float32", byteLength: 4, layout: [32, 23, 8, 0, 23], bias: 127 },
  { kind: "float64", byteLength: 8, layout: [64, 52, 11, 0, 52], bias: 1023 },
] as const;

function readFloat(cursor: Cursor, byteLength: number, flags: number): Hdf5Type {
  const bitOffset = cursor.u16();
  const layout = [cursor.u16(), cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()];
  const bias = cursor.u32();
  const format = IEEE.find((one) => one.byteLength === byteLength);
  const isStandard =
    format !== undefined &&
    bitOffset === 0 &&
    bias === format.bias &&
    format.layout.every((value, i) => value === layout[i]) &&
    // The highest bit of the mantissa is implied, the sign is the highest bit, and the order is not VAX's.
    (flags & 0x70) === 0x20 &&
    flags >>> 8 === 8 * byteLength - 1;
  if (!isStandard)
    return { kind: "unsupported", byteLength, name: `a ${8 * byteLength}-bit float not of IEEE 754` };
  const isBigEndian = (flags & 1) !== 0;
  return { kind: format.kind, byteLength, isBigEndian, bitOffset: 0, bitCount: 8 * byteLength };
}

function stringType(
  byteLength: number,
  isVariable: boolean,
  padding: number,
  encoding: number,
): Hdf5StringType {
  return {
    kind: "string",
    byteLength,
    isVariable,
    encoding: encoding === 0 ? "ascii" : "utf8",
    padding: padding === 0 ? "nul-terminated" : padding === 1 ? "nul" : "space",
  };
}

function readVariableString(cursor: Cursor, byteLength: number, flags: number, depth: number): Hdf5Type {
  readDatatype(cursor, depth + 1);
  return stringType(byteLength, true, (flags >>> 4) & 15, (flags >>> 8) & 15);
}

function readCompound(
  cursor: Cursor,
  version: number,
  byteLength: number,
  fieldCount: number,
  depth: number,
): Hdf5Type {
  const fields: Hdf5Field[] = [];
  let sum = 0;
  for (let i = 0; i < fieldCount; i++) {
    const name = cursor.textUntilNul(version < 3 ? 8 : 1);
    const byteOffset = cursor.uint(version < 3 ? 4 : bytesToHold(byteLength));
    const shape = version === 1 ? readOldFieldShape(cursor) : [];
    const element = readDatatype(cursor, depth + 1);
    const type = shape.length === 0 ? element : arrayType(cursor, element, shape);
    sum += type.byteLength;
    // Fields do not overlap, which also bounds what the columns of all of them take.
    if (sum > byteLength || byteOffset + type.byteLength > byteLength) {
      throw cursor.corrupt(`field "${name}" does not fit into a record of ${byteLength} bytes`);
    }
    fields.push({ name, byteOffset, type });
  }
  return { kind: "compound", byteLength, fields };
}

/** In version 1 a field itself could be an array of up to four dimensions. */
function readOldFieldShape(cursor: Cursor): number[] {
  const rank = cursor.u8();
  cursor.skip(3 + 4 + 4);
  const sizes = [cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()];
  if (rank > 4) throw cursor.corrupt(`a field has ${rank} dimensions, the most are 4`);
  return sizes.slice(0, rank);
}

function arrayType(cursor: Cursor, base: Hdf5Type, shape: readonly number[]): Hdf5Type {
  const byteLength = shape.reduce((product, size) => product * size, base.byteLength);
  if (!(byteLength > 0 && byteLength < 2 ** 32)) throw cursor.corrupt("an array type has an impossible size");
  return { kind: "array", byteLength, base, shape };
}

function readArray(cursor: Cursor, version: number, byteLength: number, depth: number): Hdf5Type {
  const rank = cursor.u8();
  if (rank === 0 || rank > MAX_ARRAY_RANK) throw cursor.corrupt(`an array type has ${rank} dimensions`);
  if (version < 3) cursor.skip(3);
  const shape = Array.from({ length: rank }, () => cursor.u32());
  if (version < 3) cursor.skip(4 * rank);
  const type = arrayType(cursor, readDatatype(cursor, depth + 1), shape);
  if (type.byteLength === byteLength) return type;
  throw cursor.corrupt(`an array type says ${byteLength} bytes and has ${type.byteLength}`);
}

function readEnum(
  cursor: Cursor,
  version: number,
  byteLength: number,
  memberCount: number,
  depth: number,
): Hdf5Type {
  const base = readDatatype(cursor, depth + 1);
  if (!("bitCount" in base) || base.byteLength !== byteLength || base.kind.startsWith("float")) {
    throw cursor.corrupt(`an enumeration is over a type of kind ${base.kind}`);
  }
  const names = Array.from({ length: memberCount }, () => cursor.textUntilNul(version < 3 ? 8 : 1));
  const values = decodeNumbers(base, cursor.take(byteLength * memberCount), 0, byteLength, memberCount);
  if (isBoolean(base, names, values)) return { kind: "boolean", byteLength: 1 };
  return { kind: "enum", byteLength, base, members: new Map(names.map((name, i) => [name, values[i]!])) };
}

function isBoolean(base: Hdf5NumberType, names: readonly string[], values: ArrayLike<unknown>): boolean {
  return (
    base.byteLength === 1 &&
    names.length === 2 &&
    names[0] === "FALSE" &&
    names[1] === "TRUE" &&
    values[0] === 0 &&
    values[1] === 1
  );
}
