import { type BloscStream, checkStream, decodeOwnStream, parseBlosc } from "./blosc.ts";
import type { CodecName } from "./codec.ts";

/** Decompresses a Blosc buffer; `decode` is what the platform has for zlib and zstd. */
export async function decodeBlosc(
  bytes: Uint8Array,
  limitBytes: number,
  decode: (bytes: Uint8Array, codec: CodecName, limitBytes: number) => Promise<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { byteLength, streams, unshuffle } = parseBlosc(bytes, limitBytes);
  const output = new Uint8Array(byteLength);
  for (const stream of streams) {
    const decoded = decodeOwnStream(stream) ?? (await decode(stream.bytes, codecOf(stream), stream.length));
    output.set(checkStream(stream, decoded), stream.start);
  }
  return unshuffle(output);
}

/** {@link decodeBlosc} at once. */
export function decodeBloscSync(
  bytes: Uint8Array,
  limitBytes: number,
  decode: (bytes: Uint8Array, codec: CodecName, limitBytes: number) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { byteLength, streams, unshuffle } = parseBlosc(bytes, limitBytes);
  const output = new Uint8Array(byteLength);
  for (const stream of streams) {
    const decoded = decodeOwnStream(stream) ?? decode(stream.bytes, codecOf(stream), stream.length);
    output.set(checkStream(stream, decoded), stream.start);
  }
  return unshuffle(output);
}

function codecOf({ codec }: BloscStream): CodecName {
  return codec === "zstd" ? "zstd" : "deflate";
}
