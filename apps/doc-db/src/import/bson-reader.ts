import { CorruptDataError } from "@millrace/base";
import { decodeBson } from "../bson/decode.ts";
import { MAX_DOCUMENT_BYTES } from "../document/format.ts";
import type { Document } from "../document/value.ts";

/** MongoDB lets its own documents be somewhat larger than those of users. */
const MAX_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;

/**
 * Reads documents in BSON, one behind the other, as mongodump writes them.
 * @throws CorruptDataError `DOCDB_BSON_INVALID` with the byte of the input
 */
export async function* readBsonDocuments(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Document, void, undefined> {
  let rest = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 4) {
      const length = rest.readInt32LE(at);
      if (length < 5 || length > MAX_BYTES)
        throw invalid(name, offset + at, `a document of ${length} bytes; this is no BSON, or damaged`);
      if (rest.length - at < length) break;
      const document = rest.subarray(at, at + length);
      try {
        yield decodeBson(document);
      } catch (error) {
        if (error instanceof CorruptDataError)
          throw invalid(name, offset + at + error.byteOffset, error.message);
        throw error;
      }
      at += length;
    }
    rest = rest.subarray(at);
    offset += at;
  }
  if (rest.length > 0) throw invalid(name, offset, "the file ends inside a document; it was cut off");
}

function invalid(name: string, byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_BSON_INVALID", name, byteOffset, problem);
}
