import { CorruptDataError, checkInteger } from "@millrace/base";

// The format is liblzf's (Marc Lehmann), as h5py's filter 32000 uses it. A control byte below 32 stands for that many
// literals plus one; else its upper three bits are the length of a match minus two (7: the next byte is added), and the
// lower five with the byte that follows the distance minus one.

const MAX_LITERALS = 32;
const MAX_DISTANCE = 1 << 13;
const MAX_MATCH = 264;
const HASH_BITS = 14;

/** Where three bytes with some hash were seen last, as the position plus {@link tableBase}. */
const table = new Int32Array(1 << HASH_BITS);
/** Grows from call to call, so that what earlier calls left in the table lies too far back to count. */
let tableBase = 0;

/**
 * Compresses into the LZF format, in the calling thread.
 * @param into - gets the result; its length is the most that is acceptable
 * @returns bytes written, or 0 when the result does not fit (so for empty input)
 * @throws InvalidArgumentError for more than 512 MiB
 */
export function compressLzf(bytes: Uint8Array, into: Uint8Array): number {
  const { length } = bytes;
  checkInteger("compress", "bytes of input", length, 0, 2 ** 29);
  if (tableBase > 2 ** 30) {
    tableBase = 0;
    table.fill(0);
  }
  tableBase += MAX_DISTANCE + 1;
  const base = tableBase;
  tableBase += length;
  return compressInto(bytes, length, into, into.length, base);
}

function compressInto(src: Uint8Array, length: number, dst: Uint8Array, limit: number, base: number): number {
  const last = length - 3;
  let to = 0;
  let literals = 0;
  let at = 0;
  while (at <= last) {
    const word = src[at]! | (src[at + 1]! << 8) | (src[at + 2]! << 16);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const found = table[slot]! - base;
    table[slot] = at + base;
    const distance = at - found;
    if (
      distance > MAX_DISTANCE ||
      src[found] !== src[at] ||
      src[found + 1] !== src[at + 1] ||
      src[found + 2] !== src[at + 2]
    ) {
      at++;
      continue;
    }
    to = putLiterals(src, literals, at, dst, to, limit - 3);
    if (to < 0) return 0;
    const end = Math.min(length, at + MAX_MATCH);
    let next = at + 3;
    while (next < end && src[next] === src[next - distance]) next++;
    const code = next - at - 2;
    const high = (distance - 1) >> 8;
    if (code < 7) dst[to++] = (code << 5) | high;
    else {
      dst[to++] = 0xe0 | high;
      dst[to++] = code - 7;
    }
    dst[to++] = (distance - 1) & 0xff;
    at = next;
    literals = next;
  }
  to = putLiterals(src, literals, length, dst, to, limit);
  return Math.max(to, 0);
}

/** @returns the end of what was written, or -1 when that would be behind `limit` */
function putLiterals(
  src: Uint8Array,
  from: number,
  end: number,
  dst: Uint8Array,
  at: number,
  limit: number,
): number {
  const count = end - from;
  let to = at;
  if (to + count + Math.ceil(count / MAX_LITERALS) > limit) return -1;
  for (let i = from; i < end; ) {
    const stop = Math.min(end, i + MAX_LITERALS);
    dst[to++] = stop - i - 1;
    while (i < stop) dst[to++] = src[i++]!;
  }
  return to;
}

/**
 * Decompresses the LZF format, in the calling thread.
 * @param byteLength - how much comes out, which the format does not say; up to 1 GiB
 * @throws CorruptDataError `COMPRESS_LZF_CORRUPT` when the data are damaged, or another amount comes out
 */
export function decompressLzf(bytes: Uint8Array, byteLength: number): Uint8Array<ArrayBuffer> {
  checkInteger("compress", "byteLength", byteLength, 0, 2 ** 30);
  const output = new Uint8Array(byteLength);
  const { length } = bytes;
  let at = 0;
  let to = 0;
  while (at < length) {
    const start = at;
    const control = bytes[at++]!;
    if (control < MAX_LITERALS) {
      const end = at + control + 1;
      if (end > length) throw corrupt(start, `${control + 1} literals are due, found ${length - at}`);
      if (to + control + 1 > byteLength) throw tooMuch(start, byteLength);
      while (at < end) output[to++] = bytes[at++]!;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += bytes[at++] ?? 0;
    if (at >= length) throw corrupt(start, "a match is cut off");
    const distance = (((control & 0x1f) << 8) | bytes[at++]!) + 1;
    if (distance > to) throw corrupt(start, `a match goes back ${distance} bytes, there are ${to}`);
    if (to + count > byteLength) throw tooMuch(start, byteLength);
    // Byte by byte: a match may overlap what it makes.
    for (const end = to + count; to < end; to++) output[to] = output[to - distance]!;
  }
  if (to !== byteLength) throw corrupt(length, `${byteLength} bytes are due, ${to} came out`);
  return output;
}

function tooMuch(byteOffset: number, byteLength: number): CorruptDataError {
  return corrupt(byteOffset, `more than the ${byteLength} bytes come out that are due`);
}

function corrupt(byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "COMPRESS_LZF_CORRUPT",
    "lzf",
    byteOffset,
    `${problem}; the data is damaged, cut off or not LZF`,
  );
}
