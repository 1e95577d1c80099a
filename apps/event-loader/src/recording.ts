import { ClosedError } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import type { ByteSource } from "@millrace/files";
import type { DecoderState } from "./decoder-state.ts";
import { DecoderContext } from "./event-decoder.ts";
import { decodeBytes, fillRows, type Part } from "./event-passes.ts";
import type { EventChunk } from "./event-rows.ts";
import type { FormatName } from "./formats.ts";
import { buildEventIndex } from "./index-file/build-index.ts";
import { EventIndex, type IndexedFile } from "./index-file/event-index.ts";
import { describeIndexedFile, indexPathOf, readIndexFile, writeIndexFile } from "./index-file/index-file.ts";
import type { RecordingOptions } from "./options.ts";
import { type Provenance, provenanceOf } from "./provenance.ts";
import { type EventQuery, endsBehind, planQuery, type QueryPlan } from "./query/event-query.ts";
import type { RecordingFormat } from "./recording-format.ts";
import { SeenSize } from "./seen-size.ts";
import type { CameraFrame, ImuChunk, SideStreamOptions } from "./side-streams.ts";
import type { TriggerColumns } from "./trigger-log.ts";
import type { ViolationCounts } from "./violations.ts";

/** What is known of a recording beside its events. */
export interface RecordingMeta {
  readonly format: FormatName;
  /** Columns and rows of the sensor, as far as they are known; see `Recording.width`. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly provenance: Provenance;
  /** Keys and values of the file's header; of a text file, how it is read. */
  readonly header: Readonly<Record<string, string>>;
}

const WHOLE: Part = { start: undefined, stop: undefined };

/** An open recording; made by `openRecording`. Its events are read with {@link events}, as often as wanted. */
export class Recording {
  /** For messages: the path. */
  readonly name: string;
  readonly format: FormatName;
  /** Keys and values of the file's header; of a text file, how it is read. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #source: ByteSource;
  readonly #format: RecordingFormat;
  readonly #options: Required<RecordingOptions>;
  readonly #path: string | undefined;
  readonly #pool: BufferPool;
  /** Built or found before; undefined until then. */
  #index: EventIndex | undefined;
  #context: DecoderContext;
  readonly #seen = new SeenSize();
  #isClosed = false;

  /**
   * @param options - resolved and checked
   * @param path - where it is on `options.vfs`; undefined for another source
   */
  constructor(
    source: ByteSource,
    format: RecordingFormat,
    options: Required<RecordingOptions>,
    path: string | undefined,
  ) {
    this.name = source.name;
    this.format = format.name;
    this.metadata = format.metadata;
    this.#source = source;
    this.#format = format;
    this.#options = options;
    this.#path = path;
    this.#index = options.index instanceof EventIndex ? options.index : undefined;
    this.#pool = options.pool ?? new BufferPool();
    this.#context = this.#newContext();
  }

  /** Size of the file in bytes; Infinity for a stream until its end was read. */
  get size(): number {
    return this.#source.size;
  }

  /** What is known of it, as far as events were read. */
  get meta(): RecordingMeta {
    const { format, width, height, metadata: header } = this;
    return { format, width, height, provenance: provenanceOf(format, header, this.#options.mode), header };
  }

  /** Columns of the sensor; where nothing tells, one more than the largest x read so far, or undefined before. */
  get width(): number | undefined {
    return this.#knownWidth ?? this.#seen.width;
  }

  /** Rows of the sensor, as {@link width}. */
  get height(): number | undefined {
    return this.#knownHeight ?? this.#seen.height;
  }

  /** What was wrong in the data, as far as the latest `events()` has read. */
  get violations(): ViolationCounts {
    return this.#context.violations.counts();
  }

  /** Triggers as far as the latest `events()` has read; none of what an index let it pass over. */
  get triggerCount(): number {
    return this.#context.triggers.count;
  }

  /** The first 1,048,576 of these triggers; valid until more is read. */
  get triggers(): TriggerColumns {
    return this.#context.triggers.columns;
  }

  /**
   * Reads the events, or those of a query, in the order of the file. Whoever gets a chunk releases it.
   *
   * A query runs on each chunk right behind the decoder. With `from` or `until`, an index (see {@link openIndex})
   * tells where to begin and where to end, and nothing else is read; without one, reading begins at the beginning,
   * and it ends before the file's end only where times cannot fall: in an Event Stream, or where `isSorted` says so.
   *
   * One pass at a time: `violations` and `triggers` are those of the latest, as far as it has read.
   *
   * @throws CorruptDataError `EVENTS_DATA_VIOLATION` with `isStrict`, for the first violation
   * @throws InvalidArgumentError for a query that cannot be
   * @throws AbortedError when the signal fires
   */
  async *events(query: EventQuery = {}): AsyncGenerator<EventChunk, void, undefined> {
    this.#checkOpen();
    const plan = planQuery(query);
    const canStop = plan.isSorted || this.format === "ES";
    for await (const chunk of this.#pass(await this.#partOf(plan))) {
      const isLast = canStop && endsBehind(chunk, plan.until);
      for (const filter of plan.filters) filter.apply(chunk);
      if (chunk.rowCount > 0) yield chunk;
      else chunk.release();
      if (isLast) return;
    }
  }

  /**
   * Reads the events of a run of an index's segments: a share of the recording, for a thread say.
   * @param index - of this recording; from `first` to before `end`
   * @throws as {@link events} does
   */
  async *eventsOfSegments(
    index: EventIndex,
    first: number,
    end: number,
  ): AsyncGenerator<EventChunk, void, undefined> {
    if (first < end) yield* this.eventsFrom(index.stateAt(first), index.offsetAt(end));
  }

  /**
   * Reads the events from where a decoder stood, as an index tells it, to a byte or a row, or the end: a thread's share.
   * @throws as {@link events} does
   */
  async *eventsFrom(
    start: DecoderState,
    stop: number | undefined,
  ): AsyncGenerator<EventChunk, void, undefined> {
    this.#checkOpen();
    yield* this.#pass({ start, stop });
  }

  /**
   * The index of this recording: the one in the file beside it where it fits, else a new one, made by reading all.
   * @param isSaved - write a new one beside the file; false keeps it in memory, as for what is no file
   * @throws MillraceError `EVENTS_INDEX_UNSUPPORTED` for bags @throws IoError when it cannot be written
   */
  async openIndex(isSaved = true): Promise<EventIndex> {
    this.#checkOpen();
    if (this.#index !== undefined) return this.#index;
    const { vfs, signal } = this.#options;
    const file = await this.#describeFile();
    const path = this.#path === undefined ? undefined : indexPathOf(this.#path);
    const found = path === undefined ? undefined : await readIndexFile(vfs, path, file);
    const [source, format, context] = [this.#source, this.#format, this.#newContext()];
    const index = found ?? (await buildEventIndex({ source, format, context, file, signal }));
    if (found === undefined && path !== undefined && isSaved) await writeIndexFile(vfs, path, index);
    this.#index = index;
    return index;
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

  #pass(part: Part): AsyncGenerator<EventChunk, void, undefined> {
    const context = this.#newContext();
    this.#context = context;
    const isSized = this.#knownWidth !== undefined && this.#knownHeight !== undefined;
    const chunks = this.#chunksOf(context, part);
    return isSized ? chunks : this.#seen.follow(chunks);
  }

  #chunksOf(context: DecoderContext, part: Part): AsyncGenerator<EventChunk, void, undefined> {
    const input = { source: this.#source, context, options: this.#options, pool: this.#pool };
    const format = this.#format;
    if (!("openRows" in format)) return decodeBytes(input, format, part);
    const rows = format.openRows(context);
    if (part.start !== undefined) {
      rows.setRange?.(part.start.byteOffset, part.stop ?? Number.POSITIVE_INFINITY);
    }
    return fillRows(input, rows);
  }

  /** Where the events of a query are, as far as an index tells. */
  async #partOf({ isTimed, from, until }: QueryPlan): Promise<Part> {
    const index = isTimed ? await this.#indexAtHand() : undefined;
    if (index === undefined) return WHOLE;
    const { first, end } = index.segmentsBetween(from, until);
    if (index.length === 0) return WHOLE;
    return { start: index.stateAt(first), stop: index.offsetAt(end) };
  }

  /** An index that was opened, or whose file lies beside the recording: made anew when it does not fit any more. */
  async #indexAtHand(): Promise<EventIndex | undefined> {
    const { index, vfs } = this.#options;
    if (this.#index !== undefined || index === "none" || this.#path === undefined) return this.#index;
    return (await vfs.exists(indexPathOf(this.#path))) ? this.openIndex() : undefined;
  }

  async #describeFile(): Promise<IndexedFile> {
    const { vfs, mode, geometry, format, columns, timeUnit, topic, stream } = this.#options;
    const modifiedMs = this.#path === undefined ? 0 : (await vfs.stat(this.#path)).modifiedMs;
    const { name, metadata } = this.#format;
    const reading = [name, metadata, mode, geometry, format, columns, timeUnit, topic, stream];
    return describeIndexedFile(this.#source, modifiedMs, reading);
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
    return new DecoderContext(
      this.#format.dataStart,
      this.#knownWidth,
      this.#knownHeight,
      this.#options.mode,
    );
  }
}
