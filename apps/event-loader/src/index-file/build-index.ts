import { MillraceError } from "@millrace/base";
import { type ByteSource, readChunks } from "@millrace/files";
import type { DecoderState } from "../decoder-state.ts";
import type { DecoderContext } from "../event-decoder.ts";
import { EventRows, timeOfRow } from "../event-rows.ts";
import type { ByteFormat, RecordingFormat, RowFormat } from "../recording-format.ts";
import { type EventIndex, EventIndexBuilder, type IndexedFile } from "./event-index.ts";

/** A segment ends when it has so many bytes, or events over so much time, whichever is first. */
const SEGMENT_BYTES = 65_536;
const SEGMENT_US = 10_000;
/** How often that is looked at. */
const STEP_BYTES = 4096;
const READ_BYTES = 256 * STEP_BYTES;
/** Rows of a segment of a table of columns. */
const SEGMENT_ROWS = 16_384;

/** What an index is made of. */
export interface IndexInput {
  readonly source: ByteSource;
  readonly format: RecordingFormat;
  readonly context: DecoderContext;
  readonly file: IndexedFile;
  readonly signal: AbortSignal | undefined;
}

/**
 * Decodes a recording once and notes where its events are.
 * @throws MillraceError `EVENTS_INDEX_UNSUPPORTED` for a bag, which cannot be read from its middle
 */
export function buildEventIndex(input: IndexInput): Promise<EventIndex> {
  const { format } = input;
  return "openRows" in format ? indexRows(input, format) : indexBytes(input, format);
}

/** What was decoded since the last segment's end. */
class Segment {
  start: DecoderState;
  events = 0;
  least: number = Number.POSITIVE_INFINITY;
  greatest: number = Number.NEGATIVE_INFINITY;
  readonly #builder: EventIndexBuilder;

  constructor(builder: EventIndexBuilder, start: DecoderState) {
    this.#builder = builder;
    this.start = start;
  }

  /** Counts the rows, and forgets them. */
  take(rows: EventRows): void {
    const { timeWords, rowCount } = rows;
    let { least, greatest } = this;
    for (let row = 0; row < rowCount; row++) {
      const time = timeOfRow(timeWords, row);
      if (time < least) least = time;
      if (time > greatest) greatest = time;
    }
    this.least = least;
    this.greatest = greatest;
    this.events += rowCount;
    rows.rowCount = 0;
  }

  /** Ends the segment; the next one begins with `next`. */
  end(next: DecoderState): void {
    this.#builder.add(this.start, this.events, this.least, this.greatest);
    this.start = next;
    this.events = 0;
    this.least = Number.POSITIVE_INFINITY;
    this.greatest = Number.NEGATIVE_INFINITY;
  }
}

async function indexBytes(input: IndexInput, format: ByteFormat): Promise<EventIndex> {
  const { source, context, file, signal } = input;
  const decoder = format.newDecoder(context);
  const builder = new EventIndexBuilder();
  const rows = new EventRows(65_536);
  const segment = new Segment(builder, decoder.saveState());
  const options = { chunkBytes: READ_BYTES, start: format.dataStart, signal };
  for await (const bytes of readChunks(source, options)) {
    for (let from = 0; from < bytes.length; from += STEP_BYTES) {
      const piece = bytes.subarray(from, from + STEP_BYTES);
      for (let at = 0; at < piece.length; ) {
        at = decoder.decode(piece, at, rows);
        if (at < piece.length) segment.take(rows);
      }
      segment.take(rows);
      const state = decoder.saveState();
      const byteLength = state.byteOffset - segment.start.byteOffset;
      const isLong = segment.greatest - segment.least >= SEGMENT_US && byteLength > 0;
      if (isLong || byteLength >= SEGMENT_BYTES) segment.end(state);
    }
  }
  // Room for what is left over.
  decoder.finish(rows);
  segment.take(rows);
  segment.end(segment.start);
  rows.chunk.release();
  return builder.finish(file);
}

async function indexRows({ source, context, file }: IndexInput, format: RowFormat): Promise<EventIndex> {
  const rowSource = format.openRows(context);
  if (rowSource.rowsRead === undefined) {
    throw new MillraceError(
      "EVENTS_INDEX_UNSUPPORTED",
      `${source.name}: ${format.name} cannot be read from its middle, and so it has no index; convert it first`,
    );
  }
  const builder = new EventIndexBuilder();
  const rows = new EventRows(SEGMENT_ROWS);
  const segment = new Segment(builder, { byteOffset: 0, values: [] });
  for (let hasMore = true; hasMore; ) {
    hasMore = await rowSource.fill(rows);
    segment.take(rows);
    segment.end({ byteOffset: rowSource.rowsRead(), values: [] });
  }
  rows.chunk.release();
  return builder.finish(file);
}
