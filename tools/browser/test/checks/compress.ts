import { isMillraceError, seededRandom } from "@millrace/base";
import { compressBytes, decompressBytes, decompressChunks, newHasher, sha256Hex } from "@millrace/compress";
import { bytesOf, hexOf } from "./bytes.ts";

/** The text that goes through the codecs. */
export const TEXT: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
  "events, spikes, shards. ".repeat(3000),
);

/** The digest of 1 MiB and some, in pieces of all lengths, of @millrace/compress; and that of the text. */
export function checkHash(): object {
  const random = seededRandom(29);
  const hasher = newHasher("sha256");
  for (let bytes = 0; bytes < 2 ** 20; ) {
    const piece = random.fill(new Uint8Array(random.nextInt(0, 5000)));
    hasher.update(piece);
    bytes += piece.length;
  }
  return { pieces: hasher.digestHex(), text: sha256Hex(TEXT) };
}

/** What this side makes of {@link TEXT}. */
export async function compressText(codec: "gzip" | "deflate"): Promise<string> {
  return hexOf(await compressBytes(TEXT, codec));
}

/** True when bytes of the other side are {@link TEXT} again, at once and in pieces. */
export async function isText(codec: "gzip" | "deflate", hex: string): Promise<boolean> {
  const bytes = bytesOf(hex);
  const whole = await decompressBytes(bytes, codec, TEXT.length);
  const pieces = (async function* () {
    for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
  })();
  const parts: string[] = [];
  for await (const part of decompressChunks(pieces, codec)) parts.push(hexOf(part));
  return hexOf(whole) === hexOf(TEXT) && parts.join("") === hexOf(TEXT);
}

/** The codes of what must be refused: too much output, data that is cut off, damaged or noise, and zstd. */
export async function checkRefusals(): Promise<readonly string[]> {
  const small = await compressBytes(TEXT, "gzip");
  const damaged = small.slice();
  // A byte of the checksum, which is all that tells.
  damaged[damaged.length - 8]! ^= 1;
  return Promise.all(
    [
      decompressBytes(small, "gzip", TEXT.length - 1),
      decompressBytes(small.subarray(0, small.length - 3), "gzip", TEXT.length),
      decompressBytes(damaged, "gzip", TEXT.length),
      decompressBytes(seededRandom(31).fill(new Uint8Array(500)), "deflate", TEXT.length),
      compressBytes(TEXT, "zstd"),
    ].map(async (work) => {
      const error: unknown = await work.catch((reason: unknown) => reason);
      return isMillraceError(error) ? error.code : "none";
    }),
  );
}
