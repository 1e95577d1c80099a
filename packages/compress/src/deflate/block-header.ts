import type { BitWriter } from "./bit-writer.ts";
import { huffmanCodes } from "./huffman.ts";

/** The order in which the lengths of the codes of code lengths are written (RFC 1951, section 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const REPEAT = 16;
const FEW_ZEROS = 17;
const MANY_ZEROS = 18;

/** One code for all blocks: lengths that come often have 4 bits, the others 5. A code of their own would gain little. */
const LENGTH_BITS: Uint8Array = Uint8Array.from({ length: 19 }, (_, symbol) =>
  [1, 2, 12, 13, 14, 15].includes(symbol) ? 5 : 4,
);
const LENGTH_CODES = new Uint16Array(19);
huffmanCodes(LENGTH_BITS, LENGTH_CODES);

/** What a header takes at the most, about: enough to choose between coding a block and storing it. */
export const HEADER_BITS = 1300;

/** Writes the header of a block with codes of its own: those of literals and lengths, and distance 1 alone. */
export function writeBlockHeader(
  writer: BitWriter,
  isLast: boolean,
  lengths: Uint8Array,
  hasRuns: boolean,
): void {
  let count = lengths.length;
  while (lengths[count - 1] === 0) count--;
  writer.put(isLast ? 1 : 0, 1);
  writer.put(2, 2);
  writer.put(count - 257, 5);
  writer.put(0, 5);
  writer.put(ORDER.length - 4, 4);
  for (const symbol of ORDER) writer.put(LENGTH_BITS[symbol]!, 3);
  for (let at = 0; at < count; ) {
    const length = lengths[at]!;
    let end = at + 1;
    while (end < count && lengths[end] === length) end++;
    if (length === 0) writeZeros(writer, end - at);
    else writeSame(writer, length, end - at);
    at = end;
  }
  // The one distance has a code of one bit, or none where nothing is repeated.
  putLength(writer, hasRuns ? 1 : 0);
}

function writeZeros(writer: BitWriter, count: number): void {
  let left = count;
  for (; left >= 11; left -= Math.min(left, 138)) {
    putLength(writer, MANY_ZEROS);
    writer.put(Math.min(left, 138) - 11, 7);
  }
  if (left >= 3) {
    putLength(writer, FEW_ZEROS);
    writer.put(left - 3, 3);
  } else for (; left > 0; left--) putLength(writer, 0);
}

function writeSame(writer: BitWriter, length: number, count: number): void {
  putLength(writer, length);
  let left = count - 1;
  for (; left >= 3; left -= Math.min(left, 6)) {
    putLength(writer, REPEAT);
    writer.put(Math.min(left, 6) - 3, 2);
  }
  for (; left > 0; left--) putLength(writer, length);
}

function putLength(writer: BitWriter, symbol: number): void {
  writer.put(LENGTH_CODES[symbol]!, LENGTH_BITS[symbol]!);
}
