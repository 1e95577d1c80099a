import { CapacityError, CorruptDataError } from "@millrace/base";

/**
 * Decompresses one LZ4 block (the LZ4 block format), whose decompressed size is known from elsewhere.
 * @param byteLength - bytes that must come out
 * @throws CorruptDataError `COMPRESS_LZ4_CORRUPT` for damaged data, or another length
 */
export function decompressLz4Block(bytes: Uint8Array, byteLength: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(byteLength);
  const length = decodeBlock(bytes, 0, bytes.length, output, 0, byteLength, Number.POSITIVE_INFINITY);
  if (length === byteLength) return output;
  throw corrupt(bytes.length, `${length} bytes came out, ${byteLength} are due`);
}

/**
 * Decodes the sequences of a block (the LZ4 block format): literals, then a match somewhere before.
 * @param most - the output may not become longer
 * @returns the length of the output
 */
export function decodeBlock(
  src: Uint8Array,
  start: number,
  end: number,
  dst: Uint8Array,
  dstStart: number,
  most: number,
  limitBytes: number,
): number {
  let at = start;
  let length = dstStart;
  for (;;) {
    const token = src[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      for (let byte = 255; byte === 255 && at < end; literals += byte) byte = src[at++]!;
    }
    if (at + literals > end) throw corrupt(at, "literals go beyond their block");
    if (length + literals > most) throw overflow(at, length + literals, limitBytes, most);
    for (const literalsEnd = at + literals; at < literalsEnd; ) dst[length++] = src[at++]!;
    if (at === end) return length;
    if (at + 2 > end) throw corrupt(at, "a block ends inside a match");
    const distance = src[at]! | (src[at + 1]! << 8);
    at += 2;
    if (distance === 0 || distance > length) throw corrupt(at - 2, `a match lies ${distance} bytes back`);
    let matched = (token & 15) + 4;
    if (matched === 19) {
      for (let byte = 255; byte === 255 && at < end; matched += byte) byte = src[at++]!;
    }
    if (length + matched > most) throw overflow(at, length + matched, limitBytes, most);
    // Byte by byte: a match may overlap what it makes.
    for (const matchEnd = length + matched; length < matchEnd; length++)
      dst[length] = dst[length - distance]!;
    if (at === end) throw corrupt(at, "a block ends with a match");
  }
}

/** The error for a block that gives more than `most`: damage, or the limit of the caller. */
export function overflow(at: number, length: number, limitBytes: number, most: number): Error {
  return length > limitBytes && most === limitBytes
    ? tooLarge(length, limitBytes)
    : corrupt(at, "a block holds more than the frame allows");
}

/** The error for more output than the caller allows. */
export function tooLarge(requiredBytes: number, limitBytes: number): CapacityError {
  return new CapacityError("COMPRESS_OUTPUT_LIMIT", "lz4 output (at least)", requiredBytes, limitBytes);
}

/** The error for damaged data. */
export function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "COMPRESS_LZ4_CORRUPT",
    "lz4",
    at,
    `${problem}; the data is damaged or cut off`,
  );
}
