import { readU32, readU64 } from "@millrace/base";
import { corrupt, decodeBlock, overflow, tooLarge } from "./lz4-block.ts";
import { xxh32 } from "./xxh32.ts";

const MAGIC = 0x184d2204;
const LEAST_HEADER_BYTES = 7;
/** Most bytes that a byte of a block can stand for: a length that goes on. */
const MAX_EXPANSION = 255;

interface Frame {
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
  readonly contentBytes: number | undefined;
  readonly maxBlockBytes: number;
  /** Position of the first block. */
  readonly start: number;
}

/**
 * Decompresses one LZ4 frame (the LZ4 frame format 1.6), with blocks that are independent or refer to earlier ones.
 *
 * All checksums that the frame has are checked. It runs in the calling thread.
 *
 * @param bytes - the frame and nothing behind it
 * @param limitBytes - most bytes that may come out
 * @throws CorruptDataError `COMPRESS_LZ4_CORRUPT` for damaged data, data that is cut off or no LZ4 frame
 * @throws CapacityError `COMPRESS_OUTPUT_LIMIT` for more output than the limit
 */
export function decompressLz4Frame(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const frame = readFrameHeader(bytes);
  const upperBound = frame.contentBytes ?? outputBound(bytes, frame);
  if (frame.contentBytes !== undefined && upperBound > limitBytes) throw tooLarge(upperBound, limitBytes);
  // A frame that lies about its size does not get more memory than its blocks can fill.
  const output = new Uint8Array(Math.min(upperBound, outputBound(bytes, frame), limitBytes));
  let at = frame.start;
  let length = 0;
  for (;;) {
    const { size, isStored, end } = readBlockHeader(bytes, at, frame);
    at += 4;
    if (size === 0) break;
    const most = Math.min(output.length, length + frame.maxBlockBytes);
    if (isStored) {
      if (length + size > most) throw overflow(at, length + size, limitBytes, most);
      output.set(bytes.subarray(at, at + size), length);
      length += size;
    } else {
      length = decodeBlock(bytes, at, at + size, output, length, most, limitBytes);
    }
    if (frame.hasBlockChecksums) checkSum(bytes, at + size, bytes.subarray(at, at + size), "block");
    at = end;
  }
  const content = output.subarray(0, length);
  if (frame.contentBytes !== undefined && length !== frame.contentBytes) {
    throw corrupt(at, `${length} bytes came out, the header says ${frame.contentBytes}`);
  }
  if (frame.hasContentChecksum) {
    checkSum(bytes, at, content, "content");
    at += 4;
  }
  if (at !== bytes.length) throw corrupt(at, `${bytes.length - at} bytes behind the end of the frame`);
  return content;
}

function readFrameHeader(bytes: Uint8Array): Frame {
  if (bytes.length < LEAST_HEADER_BYTES || readU32(bytes, 0) !== MAGIC)
    throw corrupt(0, "there is no LZ4 frame");
  const [flags, blockFlags] = [bytes[4]!, bytes[5]!];
  const sizeCode = (blockFlags >>> 4) & 7;
  if (flags >>> 6 !== 1 || (flags & 2) !== 0 || (blockFlags & 0x8f) !== 0 || sizeCode < 4) {
    throw corrupt(4, `flags ${flags} and ${blockFlags} belong to no known version`);
  }
  if ((flags & 1) !== 0) throw corrupt(4, "the frame needs a dictionary, which is not supported");
  const hasContentSize = (flags & 8) !== 0;
  const checksumAt = hasContentSize ? 14 : 6;
  if (bytes.length <= checksumAt) throw corrupt(bytes.length, "the frame ends inside its header");
  if (bytes[checksumAt] !== ((xxh32(bytes.subarray(4, checksumAt)) >>> 8) & 0xff)) {
    throw corrupt(checksumAt, "the checksum of the header is wrong");
  }
  return {
    hasBlockChecksums: (flags & 16) !== 0,
    hasContentChecksum: (flags & 4) !== 0,
    contentBytes: hasContentSize ? readU64(bytes, 6) : undefined,
    maxBlockBytes: 2 ** (8 + 2 * sizeCode),
    start: checksumAt + 1,
  };
}

interface BlockHeader {
  readonly size: number;
  readonly isStored: boolean;
  /** Position of the next block. */
  readonly end: number;
}

function readBlockHeader(bytes: Uint8Array, at: number, frame: Frame): BlockHeader {
  if (at + 4 > bytes.length) throw corrupt(at, "the frame ends before its end mark");
  const word = readU32(bytes, at);
  const size = word % 2 ** 31;
  const end = at + 4 + size + (frame.hasBlockChecksums && word !== 0 ? 4 : 0);
  if (size > frame.maxBlockBytes || end > bytes.length) {
    throw corrupt(at, `a block of ${size} bytes does not fit`);
  }
  return { size: word === 0 ? 0 : size, isStored: word >= 2 ** 31, end };
}

/** Most bytes that the blocks can give. */
function outputBound(bytes: Uint8Array, frame: Frame): number {
  let bound = 0;
  for (let at = frame.start; ; ) {
    const { size, isStored, end } = readBlockHeader(bytes, at, frame);
    if (size === 0) return bound;
    bound += isStored ? size : Math.min(frame.maxBlockBytes, MAX_EXPANSION * size);
    at = end;
  }
}

function checkSum(bytes: Uint8Array, at: number, of: Uint8Array, what: string): void {
  if (at + 4 > bytes.length) throw corrupt(at, `the frame ends before the checksum of its ${what}`);
  if (readU32(bytes, at) !== xxh32(of)) throw corrupt(at, `the checksum of the ${what} is wrong`);
}
