/**
 * Bob Jenkins' lookup3 (`hashlittle`): the checksum of HDF5's newer metadata.
 *
 * @param initial - 0 everywhere in HDF5
 * @returns an unsigned 32-bit number
 * @see https://burtleburtle.net/bob/c/lookup3.c
 */
export function lookup3(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let a = (0xdeadbeef + (end - start) + initial) | 0;
  let b = a;
  let c = a;
  let at = start;
  let left = end - start;
  for (; left > 12; left -= 12, at += 12) {
    a = (a + word(bytes, at, 4)) | 0;
    b = (b + word(bytes, at + 4, 4)) | 0;
    c = (c + word(bytes, at + 8, 4)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  a = (a + word(bytes, at, Math.min(left, 4))) | 0;
  b = (b + word(bytes, at + 4, Math.min(left - 4, 4))) | 0;
  c = (c + word(bytes, at + 8, left - 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** The first `count` bytes at `at` as a little-endian word; none when `count` is not positive. */
function word(bytes: Uint8Array, at: number, count: number): number {
  if (count >= 4) {
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
  let value = 0;
  for (let i = 0; i < count; i++) value |= bytes[at + i]! << (8 * i);
  return value;
}
