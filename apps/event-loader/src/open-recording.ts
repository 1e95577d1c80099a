import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import {
  type ByteSource,
  type ByteStream,
  blobSource,
  bytesSource,
  ForwardSource,
  fileSource,
  inspectInputFile,
} from "@millrace/files";
import { FORMAT_NAMES, needsRandomAccess } from "./formats.ts";
import { DECODE_MODES, DEFAULT_RECORDING_OPTIONS, type RecordingOptions } from "./options.ts";
import { MEMORY_LIMIT_BYTES } from "./read-whole.ts";
import { Recording } from "./recording.ts";
import { detectRecordingFormat } from "./recording-format.ts";
import { parseTextColumns, TIME_UNITS } from "./text-layout.ts";

/** A recording: a path ("-" is stdin), the file that a user of a browser picked, a source of bytes, or a stream. */
export type RecordingInput =
  | string
  | Blob
  | ByteSource
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

/**
 * Opens a recording of an event camera and finds out its format from its content.
 *
 * A stream is read once: `events()` can be called once, and index, frames and inertial samples need a file. Formats
 * that are not read in order (HDF5, NumPy, bags) are first read into memory, up to 1 GiB.
 *
 * @param input - a source of bytes is the recording's from then on
 * @throws IoError for a missing file, a directory, an empty file, a Git LFS pointer
 * @throws MillraceError, CorruptDataError when it is no recording that can be read; the message names the format
 * @example
 * await using recording = await openRecording("drive.raw");
 * for await (const chunk of recording.events()) {
 *   const { x, y } = chunk.columns; // the first chunk.rowCount of each
 *   chunk.release();
 * }
 */
export async function openRecording(
  input: RecordingInput,
  options: RecordingOptions = {},
): Promise<Recording> {
  const filled = checkRecordingOptions(options);
  const path = typeof input === "string" && input !== "-" ? input : undefined;
  const source = await sourceOf(input, filled);
  try {
    return new Recording(source, await detectRecordingFormat(source, { ...filled, path }), filled, path);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function sourceOf(input: RecordingInput, { vfs }: Required<RecordingOptions>): Promise<ByteSource> {
  if (input === "-") return streamed(process.stdin, "stdin");
  if (typeof input === "string") {
    await inspectInputFile(vfs, input);
    return fileSource(vfs, input);
  }
  if (input instanceof Blob) return blobSource(input, input instanceof File ? input.name : "blob");
  return "read" in input && "size" in input ? input : streamed(input as ByteStream, "stream");
}

/** A stream, or its content where its format is not read in order. */
async function streamed(stream: ByteStream, name: string): Promise<ByteSource> {
  const source = new ForwardSource(stream, name);
  try {
    const head = new Uint8Array(64);
    const count = await source.read(head, 0);
    if (!needsRandomAccess(head.subarray(0, count))) return source;
    const bytes = await source.readAll(MEMORY_LIMIT_BYTES);
    await source.close();
    return bytesSource(bytes, name);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Checks options and fills them up. @throws InvalidArgumentError */
export function checkRecordingOptions(options: RecordingOptions): Required<RecordingOptions> {
  const filled = resolveOptions<Required<RecordingOptions>>("events", DEFAULT_RECORDING_OPTIONS, options);
  const { rowsPerChunk, format, geometry, timeUnit, columns, stream } = filled;
  checkInteger("events", "rowsPerChunk", rowsPerChunk, 32, 2 ** 24);
  checkInteger("events", "readBytes", filled.readBytes, 1, 2 ** 30);
  checkOneOf("events", "mode", filled.mode, DECODE_MODES);
  if (stream !== undefined) checkInteger("events", "stream", stream, 0, 2 ** 31 - 1);
  if (format !== undefined) checkOneOf("events", "format", format, FORMAT_NAMES);
  if (timeUnit !== undefined) checkOneOf("events", "timeUnit", timeUnit, TIME_UNITS);
  if (columns !== undefined) parseTextColumns(columns.join(","));
  if (geometry !== undefined) {
    checkInteger("events", "geometry width", geometry.width, 1, 65_536);
    checkInteger("events", "geometry height", geometry.height, 1, 65_536);
  }
  if ((columns ?? timeUnit) !== undefined && format !== undefined && format !== "text") {
    throw new InvalidArgumentError(
      "EVENTS_OPTIONS_CONFLICT",
      "events format",
      format,
      '"text" with columns or a time unit',
    );
  }
  return filled;
}
