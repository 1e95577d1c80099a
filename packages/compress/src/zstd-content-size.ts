import { readU32 } from "@millrace/base";

const MAGIC = 0xfd2fb528;
/** Bytes of the dictionary's number, by its flag. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

/**
 * Bytes that come out of a zstd frame, as its header says; undefined where it does not, or where there is no frame.
 *
 * Source: RFC 8878, section 3.1.1.1 (frame header).
 */
export function zstdContentSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < 5 || readU32(bytes, 0) !== MAGIC) return undefined;
  const flags = bytes[4]!;
  const isSingleSegment = (flags & 32) !== 0;
  // A window that is the whole content has no byte of its own.
  const at = 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_BYTES[flags & 3]!;
  const sizeFlag = flags >>> 6;
  if (sizeFlag === 0) return isSingleSegment ? bytes[at] : undefined;
  if (at + 2 ** sizeFlag > bytes.length) return undefined;
  if (sizeFlag === 1) return (bytes[at]! | (bytes[at + 1]! << 8)) + 256;
  const low = readU32(bytes, at);
  return sizeFlag === 2 ? low : low + readU32(bytes, at + 4) * 2 ** 32;
}
