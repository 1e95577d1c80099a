import { decodeBlosc, decodeBloscSync } from "./decompress-blosc.ts";
import { decompressBytes, decompressBytesSync } from "./web-codec.ts";

/**
 * Decompresses a buffer of Blosc 1 with any of its codecs but Snappy, byte- or bit-shuffled or neither.
 * @param limitBytes - the most that may come out: what a hostile input can make us allocate
 * @throws CorruptDataError `COMPRESS_BLOSC_CORRUPT` and others when it is damaged or cut off
 * @throws CapacityError `COMPRESS_OUTPUT_LIMIT` when more would come out
 */
export function decompressBlosc(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  return decodeBlosc(bytes, limitBytes, decompressBytes);
}

/** {@link decompressBlosc} at once, on this thread. */
export function decompressBloscSync(bytes: Uint8Array, limitBytes: number): Uint8Array<ArrayBuffer> {
  return decodeBloscSync(bytes, limitBytes, decompressBytesSync);
}
