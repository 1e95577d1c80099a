import { pipeline, Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { type CodecName, corruptInput } from "./codec.ts";
import { CountedSource } from "./counted-source.ts";

/**
 * Decompresses a sequence of byte chunks as they come; memory does not depend on the length of the whole.
 * @returns chunks that stay valid; with `none` the source itself
 * @throws CorruptDataError when the data is damaged, cut off, or not of this codec
 */
export async function* decompressChunks(
  source: AsyncIterable<Uint8Array>,
  codec: CodecName,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (codec === "none") {
    yield* source;
    return;
  }
  const counted = new CountedSource(source);
  const decoder = newDecoder(codec);
  // Errors surface in the loop below; the callback only keeps `pipeline` from throwing them a second time.
  pipeline(Readable.from(counted), decoder, () => {});
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (cause) {
    throw counted.error ?? corruptInput(codec, counted.bytes, cause);
  } finally {
    decoder.destroy();
  }
}

function newDecoder(codec: Exclude<CodecName, "none">): Transform {
  if (codec === "zstd") return zlib.createZstdDecompress();
  return codec === "gzip" ? zlib.createGunzip() : zlib.createInflate();
}
