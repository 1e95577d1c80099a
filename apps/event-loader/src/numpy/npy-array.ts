import { CorruptDataError, readU16, readU32 } from "@millrace/base";
import { type PythonValue, parsePythonLiteral } from "./python-literal.ts";

/** A column of numbers inside an array's elements: where it begins, and what it is. */
export interface NpyField {
  /** "" for an array of plain numbers. */
  readonly name: string;
  readonly byteOffset: number;
  readonly type: NpyNumber;
}

/** A number as NumPy describes it. */
export interface NpyNumber {
  readonly kind: "bool" | "int" | "uint" | "float";
  readonly bytes: 1 | 2 | 4 | 8;
  readonly isLittle: boolean;
}

/** What an NPY file holds, before its data. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly isFortranOrder: boolean;
  /** Bytes from element to element. */
  readonly elementBytes: number;
  readonly fields: readonly NpyField[];
  /** Position of the data. */
  readonly dataStart: number;
}

/** What an NPY file begins with. */
export const NPY_MAGIC = "\x93NUMPY";
const KINDS: Readonly<Record<string, NpyNumber["kind"]>> = { b: "bool", i: "int", u: "uint", f: "float" };

/**
 * Reads the header of an NPY file, version 1 to 3 (NumPy's `numpy.lib.format`).
 * @throws CorruptDataError `EVENTS_NPY_HEADER` when it is cut off, damaged, or describes no numbers
 */
export function readNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  const version = bytes[6] ?? 0;
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw corrupt(source, "it is cut off");
  const length = version === 1 ? readU16(bytes, 8) : readU32(bytes, 8);
  const dataStart = start + length;
  if (version < 1 || version > 3) throw corrupt(source, `version ${version} is not known`);
  if (dataStart > bytes.length) throw corrupt(source, "it is cut off");
  const text = new TextDecoder().decode(bytes.subarray(start, dataStart));
  const header = parsePythonLiteral(text);
  const shape = header instanceof Map ? header.get("shape") : undefined;
  const descr = header instanceof Map ? header.get("descr") : undefined;
  if (!(header instanceof Map) || descr === undefined || !isShape(shape)) {
    throw corrupt(source, `"${text.trim().slice(0, 80)}" is no description of an array`);
  }
  const element = readElement(descr);
  if (element === undefined)
    throw corrupt(source, `its elements are no numbers: ${text.trim().slice(0, 120)}`);
  return { shape, isFortranOrder: header.get("fortran_order") === true, dataStart, ...element };
}

/** Reads `count` numbers of a field, from element `first` on, as doubles or, for integers of 64 bits, rounded to them. */
export function readNpyField(
  bytes: Uint8Array,
  { elementBytes, dataStart }: NpyHeader,
  { byteOffset, type }: NpyField,
  first: number,
  count: number,
): Float64Array {
  const values = new Float64Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const get = getterOf(view, type);
  let at = dataStart + first * elementBytes + byteOffset;
  for (let i = 0; i < count; i++, at += elementBytes) values[i] = get(at);
  return values;
}

function getterOf(view: DataView, { kind, bytes, isLittle }: NpyNumber): (at: number) => number {
  if (kind === "float") {
    return bytes === 4 ? (at) => view.getFloat32(at, isLittle) : (at) => view.getFloat64(at, isLittle);
  }
  const isSigned = kind === "int";
  if (bytes === 1) return isSigned ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
  if (bytes === 2)
    return isSigned ? (at) => view.getInt16(at, isLittle) : (at) => view.getUint16(at, isLittle);
  if (bytes === 4)
    return isSigned ? (at) => view.getInt32(at, isLittle) : (at) => view.getUint32(at, isLittle);
  const [low, high] = isLittle ? [0, 4] : [4, 0];
  return (at) =>
    view.getUint32(at + low, isLittle) +
    (isSigned ? view.getInt32(at + high, isLittle) : view.getUint32(at + high, isLittle)) * 2 ** 32;
}

function readElement(descr: PythonValue): { elementBytes: number; fields: NpyField[] } | undefined {
  if (typeof descr === "string") {
    const type = numberType(descr);
    return type && { elementBytes: type.bytes, fields: [{ name: "", byteOffset: 0, type }] };
  }
  if (!Array.isArray(descr)) return undefined;
  const fields: NpyField[] = [];
  let byteOffset = 0;
  for (const entry of descr) {
    if (!Array.isArray(entry) || typeof entry[0] !== "string" || typeof entry[1] !== "string")
      return undefined;
    const type = numberType(entry[1]);
    // Fields without a name are padding: "|V3".
    const padding = /^\|V(\d{1,6})$/.exec(entry[1]);
    if (type !== undefined) fields.push({ name: entry[0], byteOffset, type });
    else if (padding === null || entry[0] !== "") return undefined;
    byteOffset += type?.bytes ?? Number(padding![1]);
  }
  return byteOffset === 0 ? undefined : { elementBytes: byteOffset, fields };
}

/** "<f8": byte order, kind, bytes. */
function numberType(text: string): NpyNumber | undefined {
  const match = /^([<>|=])([biuf])([1248])$/.exec(text);
  if (match === null) return undefined;
  const kind = KINDS[match[2]!]!;
  const bytes = Number(match[3]) as NpyNumber["bytes"];
  if ((kind === "float" && bytes < 4) || (kind === "bool" && bytes !== 1)) return undefined;
  return { kind, bytes, isLittle: match[1] !== ">" };
}

function isShape(value: PythonValue | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 4 &&
    value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  );
}

function corrupt(source: string, problem: string): CorruptDataError {
  return new CorruptDataError(
    "EVENTS_NPY_HEADER",
    source,
    0,
    `the header of the array cannot be read: ${problem}`,
  );
}
