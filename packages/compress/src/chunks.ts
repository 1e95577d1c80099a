import { pipeline, Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { type CodecName, corruptInput } from "./codec.ts";

/** The codec whose magic number `bytes` begin with: gzip (1f 8b) or zstd (28 b5 2f fd), else `none`. */
export function detectCodec(bytes: Uint8Array): "none" | "gzip" | "zstd" {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return "zstd";
  return "none";
}

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
  let given = 0;
  let sourceError: unknown;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        given += chunk.length;
        yield chunk;
      }
    } catch (error) {
      sourceError = error;
      throw error;
    }
  };
  const decoder = newDecoder(codec);
  // Errors surface in the loop below; the callback only keeps `pipeline` from throwing them a second time.
  pipeline(Readable.from(counted()), decoder, () => {});
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (cause) {
    throw sourceError ?? corruptInput(codec, given, cause);
  } finally {
    decoder.destroy();
  }
}

function newDecoder(codec: Exclude<CodecName, "none">): Transform {
  if (codec === "zstd") return zlib.createZstdDecompress();
  return codec === "gzip" ? zlib.createGunzip() : zlib.createInflate();
}
