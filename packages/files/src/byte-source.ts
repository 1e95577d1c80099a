import { ClosedError, checkInteger } from "@millrace/base";
import { shortFile } from "./read-full.ts";
import type { Vfs, VfsFile } from "./vfs.ts";

/** Bytes that can be read at any position, wherever they are kept. */
export interface ByteSource {
  /** For messages: a path, or what the caller called it. */
  readonly name: string;
  /** Size in bytes; of a file, when it was opened. */
  readonly size: number;
  /**
   * Fills `into` from `position` on; returns how many bytes there were, fewer only at the end.
   * @param signal - ends the waiting for a source on a network; files and memory do not look at it
   */
  read(into: Uint8Array, position: number, signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens the file at `path` as a source. @throws IoError when it cannot be opened */
export async function fileSource(vfs: Vfs, path: string): Promise<ByteSource> {
  const file = await vfs.open(path, "r");
  try {
    return new FileSource(file, await file.size());
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Bytes in memory as a source; they are not copied. */
export function bytesSource(bytes: Uint8Array, name = "bytes in memory"): ByteSource {
  return new ReadingSource(name, bytes.length, async (into, start, end) =>
    into.set(bytes.subarray(start, end)),
  );
}

/** A Blob or a browser's File as a source. */
export function blobSource(blob: Blob, name = "blob"): ByteSource {
  return new ReadingSource(name, blob.size, async (into, start, end) => {
    into.set(new Uint8Array(await blob.slice(start, end).arrayBuffer()));
  });
}

/**
 * All of a stream, the body of a fetch say, as a source: reads it to its end into a Blob, which the browser keeps.
 * @throws what the stream fails with
 * @example
 * const response = await fetch("drive.raw");
 * await using source = await streamSource(response.body!, "drive.raw");
 */
export async function streamSource(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name = "stream",
): Promise<ByteSource> {
  return blobSource(await new Response(stream).blob(), name);
}

/**
 * Fills all of `into` from `position` on.
 * @throws CorruptDataError `FILES_FILE_SHORT` when the source ends before that
 */
export async function readSourceFull(
  source: ByteSource,
  into: Uint8Array,
  position: number,
  signal?: AbortSignal,
): Promise<void> {
  const count = await source.read(into, position, signal);
  if (count < into.length) throw shortFile(source.name, position, count, into.length);
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: VfsFile;

  constructor(file: VfsFile, size: number) {
    this.name = file.path;
    this.size = size;
    this.#file = file;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#file.read(into, position);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A source whose size is fixed, over a function that reads a range inside it. */
class ReadingSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #readRange: (into: Uint8Array, start: number, end: number) => Promise<void>;
  #isClosed = false;

  constructor(
    name: string,
    size: number,
    readRange: (into: Uint8Array, start: number, end: number) => Promise<void>,
  ) {
    this.name = name;
    this.size = size;
    this.#readRange = readRange;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    if (this.#isClosed) throw new ClosedError("FILES_SOURCE_CLOSED", this.name);
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
    const end = Math.min(this.size, position + into.length);
    if (position >= end) return 0;
    await this.#readRange(into, position, end);
    return end - position;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
