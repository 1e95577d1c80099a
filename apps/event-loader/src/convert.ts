import { InvalidArgumentError } from "@millrace/base";
import { type ColumnSink, endingOf, openSink, SINK_ENDINGS } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import { EncoderSink } from "./encoders/encoder-sink.ts";
import { FORMAT_BY_ENDING, openEncoder } from "./encoders/open-encoder.ts";
import { EVENT_SCHEMA } from "./event-rows.ts";
import { type EventFilter, type FilterSize, filterChunks } from "./filters/event-filter.ts";
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
  /** The output's format, one of ENCODED_FORMATS. @default by the output's ending */
  readonly to?: string | undefined;
  /** Where the output goes. @default the disk; a browser has none */
  readonly vfs?: Vfs;
}

/**
 * Writes a recording's events in the format that the output's ending names, in constant memory.
 *
 * Arrow and Parquet files get the metadata `format`, `width`, `height` and `source`. The formats of event cameras
 * (`.raw` is EVT3 unless `to` says otherwise) need the events sorted by time and a known geometry.
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
  await using sink = await openEventSink(recording, output, options);
  for await (const chunk of filterChunks(recording.chunks(), options.filters ?? [])) {
    using held = chunk;
    await sink.write(held);
  }
  const { rows: events, bytes } = await sink.finish(sizeMetadata(recording, options.filters));
  return { events, bytes };
}

async function openEventSink(
  recording: Recording,
  output: string,
  { vfs = defaultVfs, to, filters }: ConvertOptions,
): Promise<ColumnSink> {
  const ending = endingOf(output);
  const format = to ?? (Object.hasOwn(FORMAT_BY_ENDING, ending) ? FORMAT_BY_ENDING[ending] : undefined);
  if (format !== undefined) {
    const size = sizeBehind(recording, filters);
    if (size !== undefined) return EncoderSink.create(output, openEncoder(format, size), vfs);
    const expected = `columns and rows, which a file of ${format} has to name: pass the geometry`;
    throw new InvalidArgumentError(
      "EVENTS_GEOMETRY_UNKNOWN",
      `geometry of ${recording.name}`,
      undefined,
      expected,
    );
  }
  if (SINK_ENDINGS.includes(ending)) {
    const metadata = { format: recording.format, source: recording.name };
    return openSink(output, EVENT_SCHEMA, { vfs, metadata });
  }
  const expected = `one that ends in ${[...SINK_ENDINGS, ...Object.keys(FORMAT_BY_ENDING)].join(", ")}`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output path", output, expected);
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
