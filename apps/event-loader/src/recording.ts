import { ClosedError, checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import { type ByteSource, blobSource, fileSource, inspectInputFile, readChunks } from "@millrace/files";
import { abortedError, Progress } from "@millrace/stream";
import { DecoderContext } from "./event-decoder.ts";
import { type EventChunk, EventRows } from "./event-rows.ts";
import { FORMAT_NAMES, type FormatName } from "./formats.ts";
import { DEFAULT_RECORDING_OPTIONS, type RecordingOptions } from "./options.ts";
import { type ByteFormat, detectRecordingFormat, type RecordingFormat } from "./recording-format.ts";
import type { RowSource } from "./row-source.ts";
import type { CameraFrame, ImuChunk, SideStreamOptions } from "./side-streams.ts";
import { parseTextColumns, TIME_UNITS } from "./text-layout.ts";
import type { TriggerColumns } from "./trigger-log.ts";
import type { ViolationCounts } from "./violations.ts";

/**
 * Opens a recording of an event camera and finds out its format from its content.
 *
 * @param input - a path, a Blob (the file that a user of a browser picked), or a source of bytes, which the recording
 *   then owns
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
  input: string | Blob | ByteSource,
  options: RecordingOptions = {},
): Promise<Recording> {
  const filled = checkOptions(options);
  const path = typeof input === "string" ? input : undefined;
  const source = await sourceOf(input, filled);
  try {
    return new Recording(source, await detectRecordingFormat(source, { ...filled, path }), filled);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** An open recording; made by {@link openRecording}. Its events are read with {@link events}, as often as wanted. */
export class Recording {
  /** For messages: the path. */
  readonly name: string;
  readonly format: FormatName;
  /** Keys and values of the file's header; of a text file, how it is read. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Size of the file in bytes. */
  readonly size: number;
  readonly #source: ByteSource;
  readonly #format: RecordingFormat;
  readonly #options: Required<RecordingOptions>;
  readonly #pool: BufferPool;
  #context: DecoderContext;
  /** Largest coordinates seen, where the geometry is not known; -1 before the first event. */
  #largestX = -1;
  #largestY = -1;
  #isClosed = false;

  /** @param options - resolved and checked */
  constructor(source: ByteSource, format: RecordingFormat, options: Required<RecordingOptions>) {
    this.name = source.name;
    this.format = format.name;
    this.metadata = format.metadata;
    this.size = source.size;
    this.#source = source;
    this.#format = format;
    this.#options = options;
    this.#pool = options.pool ?? new BufferPool();
    this.#context = this.#newContext();
  }

  /** Columns of the sensor; where nothing tells, one more than the largest x read so far, or undefined before. */
  get width(): number | undefined {
    return this.#knownWidth ?? (this.#largestX < 0 ? undefined : this.#largestX + 1);
  }

  /** Rows of the sensor, as {@link width}. */
  get height(): number | undefined {
    return this.#knownHeight ?? (this.#largestY < 0 ? undefined : this.#largestY + 1);
  }

  /** What was wrong in the data, as far as the latest `events()` has read. */
  get violations(): ViolationCounts {
    return this.#context.violations.counts();
  }

  /** Triggers as far as the latest `events()` has read. */
  get triggerCount(): number {
    return this.#context.triggers.count;
  }

  /** The first 1,048,576 of these triggers; valid until more is read. */
  get triggers(): TriggerColumns {
    return this.#context.triggers.columns;
  }

  /** @deprecated the name before `events()` */
  chunks(): AsyncGenerator<EventChunk, void, undefined> {
    return this.events();
  }

  /**
   * Reads the events from the beginning, in the order of the file. Whoever gets a chunk releases it.
   *
   * One pass at a time: `violations` and `triggers` are those of the latest.
   *
   * @throws CorruptDataError `EVENTS_DATA_VIOLATION` with `isStrict`, for the first violation
   * @throws AbortedError when the signal fires
   */
  async *events(): AsyncGenerator<EventChunk, void, undefined> {
    this.#checkOpen();
    const context = this.#newContext();
    this.#context = context;
    yield* "openRows" in this.#format
      ? this.#rowChunks(this.#format.openRows(context), context)
      : this.#byteChunks(this.#format, context);
  }

  /**
   * Reads the pictures that the camera took beside its events; none in a format without them.
   * @throws as {@link events} does
   */
  async *frames(): AsyncGenerator<CameraFrame, void, undefined> {
    this.#checkOpen();
    yield* this.#format.openFrames?.(this.#sideOptions) ?? [];
  }

  /**
   * Reads the inertial samples, as chunks of columns; none in a format without them. Whoever gets a chunk releases it.
   * @throws as {@link events} does
   */
  async *imu(): AsyncGenerator<ImuChunk, void, undefined> {
    this.#checkOpen();
    yield* this.#format.openImu?.(this.#sideOptions) ?? [];
  }

  async *#byteChunks(
    { newDecoder, dataStart: start }: ByteFormat,
    context: DecoderContext,
  ): AsyncGenerator<EventChunk, void, undefined> {
    const { readBytes, rowsPerChunk, signal } = this.#options;
    const decoder = newDecoder(context);
    const progress = this.#newProgress();
    let rows = this.#newRows();
    try {
      for await (const bytes of readChunks(this.#source, { chunkBytes: readBytes, start, signal })) {
        for (let at = 0; at < bytes.length; ) {
          at = decoder.decode(bytes, at, rows);
          this.#checkViolations(context);
          if (rowsPerChunk - rows.rowCount >= decoder.rowsPerStep) continue;
          const full = rows;
          rows = this.#newRows();
          yield this.#seal(full);
          if (signal?.aborted) throw abortedError(signal, `reading ${this.name}`);
        }
        progress.add(0, bytes.length);
      }
      if (rowsPerChunk - rows.rowCount < decoder.rowsPerStep) {
        const full = rows;
        rows = this.#newRows();
        yield this.#seal(full);
      }
      decoder.finish(rows);
      this.#checkViolations(context);
      progress.finish();
      if (rows.rowCount === 0) return;
      const last = rows;
      rows = this.#newRows();
      yield this.#seal(last);
    } finally {
      rows.chunk[Symbol.dispose]();
    }
  }

  async *#rowChunks(source: RowSource, context: DecoderContext): AsyncGenerator<EventChunk, void, undefined> {
    const { signal } = this.#options;
    const progress = this.#newProgress();
    for (let hasMore = true; hasMore; ) {
      const rows = this.#newRows();
      try {
        hasMore = await source.fill(rows);
        this.#checkViolations(context);
      } catch (error) {
        rows.chunk[Symbol.dispose]();
        throw error;
      }
      progress.add(rows.rowCount, 0);
      if (rows.rowCount === 0) rows.chunk[Symbol.dispose]();
      else yield this.#seal(rows);
      if (signal?.aborted) throw abortedError(signal, `reading ${this.name}`);
    }
    progress.finish();
  }

  /** Closes the file; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if ("openRows" in this.#format) await this.#format.close();
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #knownWidth(): number | undefined {
    return this.#options.geometry?.width ?? this.#format.width;
  }

  get #knownHeight(): number | undefined {
    return this.#options.geometry?.height ?? this.#format.height;
  }

  get #sideOptions(): SideStreamOptions {
    const { rowsPerChunk, signal } = this.#options;
    return { pool: this.#pool, rowsPerChunk, signal };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError("EVENTS_RECORDING_CLOSED", this.name);
  }

  #newContext(): DecoderContext {
    return new DecoderContext(this.#format.dataStart, this.#knownWidth, this.#knownHeight);
  }

  #newRows(): EventRows {
    return new EventRows(this.#options.rowsPerChunk, this.#pool);
  }

  #newProgress(): Progress {
    const { onProgress } = this.#options;
    const totalBytes = this.size - this.#format.dataStart;
    return new Progress({ totalBytes, ...(onProgress === undefined ? {} : { onReport: onProgress }) });
  }

  #checkViolations(context: DecoderContext): void {
    if (this.#options.isStrict) context.violations.throwFirst(this.name);
  }

  #seal(rows: EventRows): EventChunk {
    if (this.#knownWidth === undefined || this.#knownHeight === undefined) {
      this.#largestX = largestOf(rows.x, rows.rowCount, this.#largestX);
      this.#largestY = largestOf(rows.y, rows.rowCount, this.#largestY);
    }
    return rows.seal();
  }
}

async function sourceOf(
  input: string | Blob | ByteSource,
  { vfs }: Required<RecordingOptions>,
): Promise<ByteSource> {
  if (input instanceof Blob) return blobSource(input, input instanceof File ? input.name : "blob");
  if (typeof input !== "string") return input;
  await inspectInputFile(vfs, input);
  return fileSource(vfs, input);
}

function largestOf(values: Uint16Array, count: number, atLeast: number): number {
  let largest = atLeast;
  for (let i = 0; i < count; i++) if (values[i]! > largest) largest = values[i]!;
  return largest;
}

function checkOptions(options: RecordingOptions): Required<RecordingOptions> {
  const filled = resolveOptions<Required<RecordingOptions>>("events", DEFAULT_RECORDING_OPTIONS, options);
  const { rowsPerChunk, format, geometry, timeUnit, columns } = filled;
  checkInteger("events", "rowsPerChunk", rowsPerChunk, 32, 2 ** 24);
  checkInteger("events", "readBytes", filled.readBytes, 1, 2 ** 30);
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
