import { MillraceError } from "@millrace/base";
import { bytesPerElement, type ElementKind, type TypedArray, viewAs } from "@millrace/buffers";
import type { Hdf5NumberType } from "./types.ts";

/**
 * Numbers as a typed array: a view of `bytes` where they lie as memory wants them, else a copy.
 *
 * @param start - the first byte of the first number
 * @param stride - bytes from one number to the next
 * @returns float16 as Float32Array, integers of 3 bytes as of 4, and of 5 to 7 as of 8
 */
export function decodeNumbers(
  type: Hdf5NumberType,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  stride: number,
  count: number,
): TypedArray<ArrayBuffer> {
  const size = type.byteLength;
  const kind: ElementKind = type.kind === "float16" ? "uint16" : type.kind;
  const outSize = bytesPerElement(kind);
  const isWhole = type.bitCount === 8 * size;
  if (isWhole && stride === size && size === outSize && (size === 1 || !type.isBigEndian)) {
    const plain = asColumn(kind, bytes, start, count);
    return type.kind === "float16" ? halvesToFloats(plain as Uint16Array) : plain;
  }
  const packed = new Uint8Array(count * outSize);
  const isPlain = size === outSize && !type.isBigEndian;
  if (!(isPlain && gatherWords(bytes, start, stride, size, count, packed)))
    gather(bytes, start, stride, size, count, type.isBigEndian, packed, outSize);
  if (!isWhole) keepBits(packed, outSize, type.bitOffset, type.bitCount);
  const isSigned = kind.startsWith("int");
  if (isSigned && type.bitCount < 8 * outSize) extendSigns(packed, outSize, type.bitCount);
  const column = viewAs(kind, packed.buffer, 0, count);
  return type.kind === "float16" ? halvesToFloats(column as Uint16Array) : column;
}

/** `count` elements from byte `start` on: a view where that is aligned in memory, else a copy. */
export function asColumn<K extends ElementKind>(
  kind: K,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  count: number,
): TypedArray<ArrayBuffer> {
  const size = bytesPerElement(kind);
  const at = bytes.byteOffset + start;
  if (at % size === 0) return viewAs(kind, bytes.buffer, at, count);
  return viewAs(kind, bytes.slice(start, start + count * size).buffer, 0, count);
}

/** As {@link gather}, by whole words where they are aligned: fields of records, most of all. @returns whether it did */
function gatherWords(
  src: Uint8Array<ArrayBuffer>,
  start: number,
  stride: number,
  size: number,
  count: number,
  dst: Uint8Array<ArrayBuffer>,
): boolean {
  const wordBytes = size === 2 ? 2 : 4;
  const at = src.byteOffset + start;
  if (count === 0 || size < 2 || at % wordBytes !== 0 || stride % wordBytes !== 0) return false;
  const step = stride / wordBytes;
  const length = (count - 1) * step + size / wordBytes;
  if (size === 2) spreadWords(new Uint16Array(src.buffer, at, length), step, new Uint16Array(dst.buffer));
  else if (size === 4)
    spreadWords(new Uint32Array(src.buffer, at, length), step, new Uint32Array(dst.buffer));
  else spreadPairs(new Uint32Array(src.buffer, at, length), step, new Uint32Array(dst.buffer));
  return true;
}

function spreadWords(from: Uint16Array | Uint32Array, step: number, to: Uint16Array | Uint32Array): void {
  for (let i = 0, at = 0; i < to.length; i++, at += step) to[i] = from[at]!;
}

function spreadPairs(from: Uint32Array, step: number, to: Uint32Array): void {
  for (let i = 0, at = 0; i < to.length; i += 2, at += step) {
    to[i] = from[at]!;
    to[i + 1] = from[at + 1]!;
  }
}

/** Brings numbers together in little-endian order, filled up with zeros to `outSize` bytes. */
function gather(
  src: Uint8Array,
  start: number,
  stride: number,
  size: number,
  count: number,
  isSwapped: boolean,
  dst: Uint8Array,
  outSize: number,
): void {
  const first = isSwapped ? size - 1 : 0;
  const step = isSwapped ? -1 : 1;
  for (let i = 0; i < count; i++) {
    let from = start + i * stride + first;
    const to = i * outSize;
    for (let byte = 0; byte < size; byte++, from += step) dst[to + byte] = src[from]!;
  }
}

/** Moves the bits that count to the bottom and clears the others. Few files have such numbers, so byte by byte. */
function keepBits(packed: Uint8Array, outSize: number, bitOffset: number, bitCount: number): void {
  const skipped = bitOffset >>> 3;
  const shift = bitOffset & 7;
  for (let start = 0; start < packed.length; start += outSize) {
    for (let i = 0; i < outSize; i++) {
      const lo = i + skipped < outSize ? packed[start + i + skipped]! : 0;
      const hi = i + skipped + 1 < outSize ? packed[start + i + skipped + 1]! : 0;
      const kept = Math.min(8, Math.max(0, bitCount - 8 * i));
      packed[start + i] = ((lo | (hi << 8)) >>> shift) & ((1 << kept) - 1);
    }
  }
}

/** Fills the bits above a negative number of `bitCount` bits with ones. */
function extendSigns(packed: Uint8Array, outSize: number, bitCount: number): void {
  const signByte = (bitCount - 1) >>> 3;
  const signBit = 1 << ((bitCount - 1) & 7);
  for (let start = 0; start < packed.length; start += outSize) {
    if ((packed[start + signByte]! & signBit) === 0) continue;
    packed[start + signByte]! |= (0xff * signBit) & 0xff;
    for (let i = signByte + 1; i < outSize; i++) packed[start + i] = 0xff;
  }
}

/** IEEE 754 half precision: 1 sign bit, 5 of the exponent with bias 15, 10 of the mantissa. */
function halvesToFloats(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = (half >>> 10) & 31;
    const mantissa = half & 1023;
    let value = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    if (exponent === 31) value = mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    floats[i] = (half & 0x8000) !== 0 ? -value : value;
  }
  return floats;
}

/**
 * Numbers of any kind as float64, exactly.
 * @throws MillraceError `HDF5_NUMBER_INEXACT` for an integer beyond ±2^53
 */
export function toFloat64(values: TypedArray): Float64Array {
  if (values instanceof Float64Array) return values;
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array))
    return Float64Array.from(values);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const floats = new Float64Array(values.length);
  const isSigned = values instanceof BigInt64Array;
  let worst = 0;
  for (let i = 0; i < floats.length; i++) {
    const word = words[2 * i + 1]!;
    const value = (isSigned ? word | 0 : word) * 4294967296 + words[2 * i]!;
    floats[i] = value;
    if (value > worst) worst = value;
    else if (-value > worst) worst = -value;
  }
  if (worst <= Number.MAX_SAFE_INTEGER) return floats;
  throw new MillraceError(
    "HDF5_NUMBER_INEXACT",
    `hdf5: an integer near ${worst} is beyond ±2^53 and has no exact number; read the values as bigint`,
  );
}
