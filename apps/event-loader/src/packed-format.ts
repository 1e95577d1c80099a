import { isMillraceError } from "@millrace/base";
import { decompressBytes } from "@millrace/compress";
import { type ByteSource, bytesSource } from "@millrace/files";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { beginsWith, GZIP_MAGIC, unsupportedFormat } from "./formats.ts";
import { MEMORY_LIMIT_BYTES, readWhole } from "./read-whole.ts";
import type { RecordingFormat } from "./recording-format.ts";
import type { RowSource } from "./row-source.ts";

/**
 * A recording inside a gzip file, which is unpacked in memory, up to 1 GiB.
 * @param detect - finds out what it is
 * @throws CapacityError `EVENTS_GZIP_MEMORY`, `COMPRESS_OUTPUT_LIMIT`
 */
export async function gzipFormat(
  source: ByteSource,
  detect: (source: ByteSource) => Promise<RecordingFormat>,
): Promise<RecordingFormat> {
  const packed = await readWhole(source, "EVENTS_GZIP_MEMORY");
  const bytes = await decompressBytes(packed, "gzip", MEMORY_LIMIT_BYTES).catch((error: unknown) => {
    if (isMillraceError(error, "COMPRESS_DATA_CORRUPT")) error.message = `${source.name}: ${error.message}`;
    throw error;
  });
  // There are gzip files that unpack to themselves.
  if (beginsWith(bytes, GZIP_MAGIC)) throw unsupportedFormat(source.name, "gzip inside of gzip");
  return formatInMemory(bytes, await detect(bytesSource(bytes, source.name.replace(/\.gz$/i, ""))));
}

/** A format over bytes that are not those of the file: what would be read from the file is decoded from them. */
export function formatInMemory(bytes: Uint8Array, format: RecordingFormat): RecordingFormat {
  if ("openRows" in format) return format;
  const { newDecoder, dataStart, ...facts } = format;
  return {
    ...facts,
    dataStart,
    openRows: (context: DecoderContext) => new DecodedRows(newDecoder(context), bytes, dataStart),
    close: async () => {},
  };
}

/** The rows that a decoder makes of bytes in memory. */
class DecodedRows implements RowSource {
  readonly #decoder: EventDecoder;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(decoder: EventDecoder, bytes: Uint8Array, start: number) {
    this.#decoder = decoder;
    this.#bytes = bytes;
    this.#at = start;
  }

  async fill(rows: EventRows): Promise<boolean> {
    const { rowsPerStep } = this.#decoder;
    const isFull = (): boolean => rows.capacity - rows.rowCount < rowsPerStep;
    while (this.#at < this.#bytes.length && !isFull()) {
      this.#at = this.#decoder.decode(this.#bytes, this.#at, rows);
    }
    if (this.#at < this.#bytes.length || isFull()) return true;
    this.#decoder.finish(rows);
    return false;
  }
}
