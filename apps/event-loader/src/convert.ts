import type { ColumnSink } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import { openEventSink } from "./encoders/open-event-sink.ts";
import type { EventChunk } from "./event-rows.ts";
import { type EventFilter, type FilterSize, filterChunks } from "./filters/event-filter.ts";
import type { EventQuery } from "./query/event-query.ts";
import type { Recording } from "./recording.ts";

/** What a conversion has made. */
export interface ConvertResult {
  readonly events: number;
  /** Size of the output. */
  readonly bytes: number;
}

/** How a recording is converted. */
export interface ConvertOptions {
  /** Applied in their order before anything is written. @default none */
  readonly filters?: readonly EventFilter[];
  /** The output's format, one of OUTPUT_FORMATS. @default by the output's ending */
  readonly to?: string | undefined;
  /** Which events are read at all; an index is used where there is one. @default all */
  readonly query?: EventQuery;
  /** Events of these that are passed over, and those behind them that are read at the most. @default 0 and all */
  readonly skip?: number;
  readonly count?: number;
  /** Where the output goes. @default the disk; a browser has none */
  readonly vfs?: Vfs;
}

/**
 * Writes a recording's events in the format that the output's ending names, in constant memory.
 *
 * Arrow and Parquet files get the metadata `format`, `width`, `height` and `source`. The formats of event cameras
 * (`.raw` is EVT3, `.h5` DSEC's layout and `.hdf5` Metavision's, unless `to` says otherwise) need a known geometry and
 * the events sorted by time; NPY, NPZ and text take them as they are.
 *
 * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for another ending or format; `EVENTS_TIME_ORDER` and
 *   `EVENTS_PIXEL_RANGE` for events that a format cannot hold
 * @throws IoError when the output cannot be written; nothing of it is left then
 */
export async function convertRecording(
  recording: Recording,
  output: string,
  options: ConvertOptions = {},
): Promise<ConvertResult> {
  await using sink = await openOutput(recording, output, options);
  const { query, skip = 0, count = Number.POSITIVE_INFINITY, filters = [] } = options;
  const chunks = takeRows(recording.events(query), skip, count);
  for await (const chunk of filterChunks(chunks, filters)) {
    using held = chunk;
    await sink.write(held);
  }
  const { rows: events, bytes } = await sink.finish(sizeMetadata(recording, options.filters));
  return { events, bytes };
}

/** Some of the rows, by their numbers; nothing is read behind the last of them. */
async function* takeRows(
  chunks: AsyncIterable<EventChunk>,
  skip: number,
  count: number,
): AsyncGenerator<EventChunk, void, undefined> {
  let [skipLeft, countLeft] = [skip, count];
  for await (const chunk of chunks) {
    const first = Math.min(skipLeft, chunk.rowCount);
    const end = Math.min(chunk.rowCount, first + countLeft);
    skipLeft -= first;
    countLeft -= end - first;
    if (first > 0) {
      const { t, x, y, p } = chunk.columns;
      for (const column of [t, x, y, p]) column.copyWithin(0, first, end);
    }
    chunk.rowCount = end - first;
    yield chunk;
    if (countLeft === 0) return;
  }
}

function openOutput(
  recording: Recording,
  output: string,
  { vfs = defaultVfs, to, filters }: ConvertOptions,
): Promise<ColumnSink> {
  return openEventSink(output, {
    vfs,
    to,
    size: sizeBehind(recording, filters),
    metadata: { format: recording.format, source: recording.name },
    triggers: () => recording.triggers,
  });
}

/** Known at the latest when all events were read. */
function sizeMetadata(recording: Recording, filters?: readonly EventFilter[]): Record<string, string> {
  const size = sizeBehind(recording, filters);
  return size === undefined ? {} : { width: String(size.width), height: String(size.height) };
}

/** The sensor's size behind all filters, where it is known. */
function sizeBehind(
  { width, height }: Recording,
  filters: readonly EventFilter[] = [],
): FilterSize | undefined {
  if (width === undefined || height === undefined) return undefined;
  return filters.reduce<FilterSize>((size, filter) => filter.sizeAfter?.(size) ?? size, { width, height });
}
