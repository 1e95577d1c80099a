/**
 * Little-endian words at any byte offset, without a DataView and without BigInt.
 *
 * The caller checks bounds: a read past the end gives 0 bits there, a write past the end is lost, as with any
 * typed array. 64-bit values are two 32-bit words; the number forms hold integers up to 2^53.
 */

const TWO_32 = 2 ** 32;

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** An unsigned 64-bit word as a number; exact up to `Number.MAX_SAFE_INTEGER`, the nearest double above it. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * TWO_32;
}

/** A signed 64-bit word as a number; exact within ±`Number.MAX_SAFE_INTEGER`. */
export function readI64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + (readU32(bytes, at + 4) | 0) * TWO_32;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes an integer of up to 53 bits, negative ones in two's complement, as a 64-bit word. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  const hi = Math.floor(value / TWO_32);
  writeU32(bytes, at, value - hi * TWO_32);
  writeU32(bytes, at + 4, hi);
}
