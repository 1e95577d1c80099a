import { BitWriter } from "./bit-writer.ts";
import { HEADER_BITS, writeBlockHeader } from "./block-header.ts";
import { huffmanCodes, huffmanLengths } from "./huffman.ts";
import {
  BLOCK_BYTES,
  type DeflateKernels,
  deflateKernels,
  END_TOKEN,
  lengthCode,
  SYMBOLS,
} from "./kernels.ts";

const LONGEST_STORED = 65_535;
const END_SYMBOL = 256;
/** Of each length of a run: symbol, extra bits and their value. */
const LENGTHS = Array.from({ length: 259 }, (_, length) => lengthCode(Math.max(3, length)));
const EXTRA_BITS: Uint8Array = Uint8Array.from({ length: SYMBOLS }, (_, symbol) =>
  symbol <= END_SYMBOL ? 0 : LENGTHS.find((length) => length.symbol === symbol)!.extraBits,
);

const lengths = new Uint8Array(SYMBOLS);
const codes = new Uint16Array(SYMBOLS);

/**
 * Compresses to the zlib format (RFC 1950) by runs and Huffman codes alone, as zlib's strategy Z_RLE does: for bytes that
 * were shuffled, whose repetitions are runs. What would grow is stored as it is, block by block.
 *
 * @param bytes - one or more
 * @returns undefined without WebAssembly vectors, which its loops are written for
 */
export function deflateRuns(bytes: Uint8Array): Uint8Array | undefined {
  const kernels = deflateKernels();
  if (kernels === undefined) return undefined;
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  // Two stored parts a block at the worst, of five bytes each and one that is filled up.
  const out = new Uint8Array(bytes.length + 12 * blocks + 16);
  const writer = new BitWriter(out);
  writer.putBytes(Uint8Array.of(0x78, 0x01));
  let sum = 1;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(bytes.length, start + BLOCK_BYTES);
    const block = bytes.subarray(start, end);
    kernels.input.set(block);
    sum = kernels.adler(block.length, sum);
    writeBlock(kernels, writer, block, end === bytes.length);
  }
  writer.align();
  writer.putBytes(Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum));
  return out.subarray(0, writer.byteCount);
}

function writeBlock(kernels: DeflateKernels, writer: BitWriter, block: Uint8Array, isLast: boolean): void {
  const { counts, output } = kernels;
  counts.fill(0);
  const tokens = kernels.tokenize(block.length);
  counts[END_SYMBOL] = 1;
  huffmanLengths(counts, lengths);
  let bits = HEADER_BITS;
  let runs = 0;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    bits += counts[symbol]! * (lengths[symbol]! + EXTRA_BITS[symbol]!);
    if (symbol > END_SYMBOL) runs += counts[symbol]!;
  }
  if (bits + runs >= 8 * block.length) {
    writeStored(writer, block, isLast);
    return;
  }
  writeBlockHeader(writer, isLast, lengths, runs > 0);
  huffmanCodes(lengths, codes);
  fillCodes(kernels.codes);
  const encoded = kernels.encode(tokens, writer.pendingBits, writer.pendingCount);
  writer.take(output.subarray(0, encoded.bytes), encoded.bits, encoded.bitCount);
}

/** What each token is written as: its bits, and above bit 24 how many. */
function fillCodes(table: Uint32Array): void {
  for (let byte = 0; byte < 256; byte++) table[byte] = codes[byte]! | (lengths[byte]! << 24);
  for (let length = 3; length <= 258; length++) {
    const { symbol, extraBits, extra } = LENGTHS[length]!;
    // Behind them the code of distance 1, a zero.
    const bitCount = lengths[symbol]! + extraBits + 1;
    table[253 + length] = codes[symbol]! | (extra << lengths[symbol]!) | (bitCount << 24);
  }
  table[END_TOKEN] = codes[END_SYMBOL]! | (lengths[END_SYMBOL]! << 24);
}

function writeStored(writer: BitWriter, block: Uint8Array, isLast: boolean): void {
  for (let start = 0; start < block.length; start += LONGEST_STORED) {
    const part = block.subarray(start, start + LONGEST_STORED);
    const { length } = part;
    writer.put(isLast && start + length === block.length ? 1 : 0, 1);
    writer.put(0, 2);
    writer.align();
    writer.putBytes(Uint8Array.of(length, length >>> 8, ~length, ~length >>> 8));
    writer.putBytes(part);
  }
}
