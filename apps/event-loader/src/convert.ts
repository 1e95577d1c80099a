import { InvalidArgumentError } from "@millrace/base";
import { type ColumnSink, endingOf, openSink, SINK_ENDINGS } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import { EVENT_SCHEMA } from "./event-rows.ts";
import { Evt3FileSink } from "./evt3-sink.ts";
import type { Recording } from "./recording.ts";

/** What a conversion has made. */
export interface ConvertResult {
  readonly events: number;
  /** Size of the output. */
  readonly bytes: number;
}

/**
 * Writes a recording's events in the format that the output's ending names, in constant memory.
 *
 * Arrow and Parquet files get the metadata `format`, `width`, `height` and `source`. EVT3 (`.raw`) needs the events
 * sorted by time and a known geometry.
 *
 * @param vfs - where the output goes. @default the disk; a browser has none
 * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for another ending; for `.raw` as {@link Evt3FileSink}
 * @throws IoError when the output cannot be written; nothing of it is left then
 */
export async function convertRecording(
  recording: Recording,
  output: string,
  vfs: Vfs = defaultVfs,
): Promise<ConvertResult> {
  await using sink = await openEventSink(recording, output, vfs);
  for await (const chunk of recording.chunks()) {
    using held = chunk;
    await sink.write(held);
  }
  const { rows: events, bytes } = await sink.finish(sizeMetadata(recording));
  return { events, bytes };
}

async function openEventSink(recording: Recording, output: string, vfs: Vfs): Promise<ColumnSink> {
  const ending = endingOf(output);
  if (ending === ".raw") {
    const { width, height } = recording;
    if (width === undefined || height === undefined) {
      throw new InvalidArgumentError(
        "EVENTS_GEOMETRY_UNKNOWN",
        `geometry of ${recording.name}`,
        undefined,
        "columns and rows, which an EVT3 file has to name: pass the geometry",
      );
    }
    return Evt3FileSink.create(output, { width, height }, vfs);
  }
  if (SINK_ENDINGS.includes(ending)) {
    const metadata = { format: recording.format, source: recording.name };
    return openSink(output, EVENT_SCHEMA, { vfs, metadata });
  }
  const expected = `one that ends in ${[...SINK_ENDINGS, ".raw"].join(", ")}`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output path", output, expected);
}

/** Known at the latest when all events were read. */
function sizeMetadata({ width, height }: Recording): Record<string, string> {
  return width === undefined || height === undefined ? {} : { width: String(width), height: String(height) };
}
