import { CorruptDataError } from "@millrace/base";

/** Distances from here on take two bytes more. */
const MAX_DISTANCE = 8191;

/**
 * Decompresses a stream of BloscLZ (the codec of Blosc that descends from FastLZ): a control byte below 32 stands for
 * so many literals and one more, any other for a match of its upper three bits and a distance.
 * @param byteLength - bytes that must come out
 * @throws CorruptDataError `COMPRESS_BLOSC_CORRUPT` for damaged data, or another length
 */
export function decompressBloscLz(bytes: Uint8Array, byteLength: number): Uint8Array {
  const output = new Uint8Array(byteLength);
  let length = 0;
  let at = 1;
  // The first one is always literals; its upper bits are a version.
  let control = (bytes[0] ?? 0) & 31;
  for (;;) {
    if (control < 32) {
      const end = at + control + 1;
      if (end > bytes.length || length + control + 1 > byteLength)
        throw corrupt(at, "literals go beyond the end");
      while (at < end) output[length++] = bytes[at++]!;
    } else {
      let matched = (control >>> 5) + 2;
      if (matched === 9) {
        for (let byte = 255; byte === 255 && at < bytes.length; matched += byte) byte = bytes[at++]!;
      }
      if (at >= bytes.length) throw corrupt(at, "the stream ends inside a match");
      const low = bytes[at++]!;
      let distance = ((control & 31) << 8) + low + 1;
      if (low === 255 && (control & 31) === 31) {
        if (at + 2 > bytes.length) throw corrupt(at, "the stream ends inside a distance");
        distance = ((bytes[at]! << 8) | bytes[at + 1]!) + MAX_DISTANCE + 1;
        at += 2;
      }
      if (distance > length) throw corrupt(at, `a match lies ${distance} bytes back`);
      if (length + matched > byteLength) throw corrupt(at, "a match goes beyond the end");
      // Byte by byte: a match may overlap what it makes.
      for (const end = length + matched; length < end; length++) output[length] = output[length - distance]!;
    }
    if (at >= bytes.length) break;
    control = bytes[at++]!;
  }
  if (length === byteLength) return output;
  throw corrupt(at, `${length} bytes came out, ${byteLength} are due`);
}

function corrupt(at: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "COMPRESS_BLOSC_CORRUPT",
    "blosclz",
    at,
    `${problem}; the data is damaged or cut off`,
  );
}
