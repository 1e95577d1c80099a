import { CorruptDataError } from "./errors.ts";

/** The most bytes that one value up to 2^53 - 1 takes. */
export const MAX_VARINT_BYTES = 8;

/** What {@link readVarint} found: the value, and the offset behind its last byte. */
export interface VarintRead {
  readonly value: number;
  readonly end: number;
}

/** How many bytes {@link writeVarint} needs for `value`, an integer from 0 to 2^53 - 1. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/**
 * Writes an unsigned LEB128 number: 7 bits a byte, lowest first, the high bit set on all but the last.
 * @param value - an integer from 0 to 2^53 - 1
 * @returns the offset behind the last byte written
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) | 128;
  bytes[end++] = rest;
  return end;
}

/**
 * Reads an unsigned LEB128 number of at most 53 bits.
 * @throws CorruptDataError when it runs past the end, or holds more than 53 bits
 */
export function readVarint(bytes: Uint8Array, at: number): VarintRead {
  let value = 0;
  let scale = 1;
  for (let end = at; end < bytes.length; ) {
    const byte = bytes[end++]!;
    value += (byte & 127) * scale;
    if (byte < 128) {
      if (value > Number.MAX_SAFE_INTEGER) break;
      return { value, end };
    }
    scale *= 128;
    if (end - at >= MAX_VARINT_BYTES) break;
  }
  const isShort = at + MAX_VARINT_BYTES > bytes.length;
  throw new CorruptDataError(
    "BASE_VARINT_CORRUPT",
    "varint",
    at,
    isShort ? "it runs past the end of the data" : "it holds more than 53 bits",
  );
}

/** Maps 0, -1, 1, -2 … to 0, 1, 2, 3 …, so that small magnitudes stay small; int32 only. */
export function zigzagEncode32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** The inverse of {@link zigzagEncode32}. */
export function zigzagDecode32(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
