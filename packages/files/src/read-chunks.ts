import { AbortedError, checkInteger, resolveOptions } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import type { ByteSource } from "./byte-source.ts";
import { shortFile } from "./read-full.ts";

/** How a source is read in order. */
export interface ReadChunksOptions {
  /** Bytes of each chunk but the last; 1 to 1 GiB. @default 1 MiB */
  readonly chunkBytes?: number;
  /** Where to start, in bytes. @default 0 */
  readonly start?: number;
  /** Where to stop, in bytes; what is behind the source's end does not count. @default the end */
  readonly end?: number;
  /** Ends the reading with an AbortedError. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link ReadChunksOptions} are when they are not given. */
export const DEFAULT_READ_CHUNKS_OPTIONS: Required<ReadChunksOptions> = Object.freeze({
  chunkBytes: 1024 * 1024,
  start: 0,
  end: Number.POSITIVE_INFINITY,
  signal: undefined,
});

/**
 * Reads a source from `start` to `end` or to its own end, one chunk ahead of the consumer.
 *
 * A chunk is valid until the next one is asked for: its memory is used again. Copy what has to stay.
 *
 * @throws CorruptDataError `FILES_FILE_SHORT` when the source became shorter meanwhile
 * @throws AbortedError `FILES_READ_ABORTED` when the signal fires
 * @example
 * for await (const chunk of readChunks(bytesSource(new Uint8Array(10)), { chunkBytes: 4 })) chunk.length; // 4, 4, 2
 */
export async function* readChunks(
  source: ByteSource,
  options?: ReadChunksOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { chunkBytes, start, end, signal } = resolveOptions<Required<ReadChunksOptions>>(
    "files",
    DEFAULT_READ_CHUNKS_OPTIONS,
    options,
  );
  checkInteger("files", "chunkBytes", chunkBytes, 1, 2 ** 30);
  checkInteger("files", "start", start, 0, Number.MAX_SAFE_INTEGER);
  // A stream gets to know its size at its end.
  const stop = (): number => Math.min(end, source.size);
  const pool = new BufferPool({ limitBytes: 4 * chunkBytes });
  const readAt = async (position: number): Promise<Uint8Array<ArrayBuffer>> => {
    const length = Math.min(chunkBytes, stop() - position);
    const chunk = new Uint8Array(pool.take(length), 0, length);
    const count = await source.read(chunk, position);
    if (count < length && position + count < stop()) throw shortFile(source.name, position, count, length);
    return chunk.subarray(0, count);
  };
  let ahead: Promise<Uint8Array<ArrayBuffer>> | undefined;
  try {
    for (let position = start; position < stop(); ) {
      throwIfAborted(signal, source);
      const chunk = await (ahead ?? readAt(position));
      position += chunk.length;
      ahead = position < stop() ? readAt(position) : undefined;
      // It is awaited in the next turn; a consumer that stops before that must not make it an unhandled rejection.
      ahead?.catch(() => {});
      if (chunk.length > 0) yield chunk;
      pool.give(chunk.buffer);
    }
    throwIfAborted(signal, source);
  } finally {
    // The caller may close the source now: let the read that is under way end first.
    await ahead?.catch(() => {});
  }
}

function throwIfAborted(signal: AbortSignal | undefined, source: ByteSource): void {
  if (signal?.aborted !== true) return;
  throw new AbortedError("FILES_READ_ABORTED", `reading ${source.name}`, { cause: signal.reason });
}
