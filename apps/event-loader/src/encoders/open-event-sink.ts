import { InvalidArgumentError } from "@millrace/base";
import { type ColumnSink, endingOf, openSink, SINK_ENDINGS, type SinkMetadata } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import { EVENT_SCHEMA } from "../event-rows.ts";
import { sendToStdout } from "../live/sockets.ts";
import type { TriggerColumns } from "../trigger-log.ts";
import { openDsecLayout } from "./dsec-layout.ts";
import { EncoderSink } from "./encoder-sink.ts";
import { Hdf5EventSink } from "./hdf5-sink.ts";
import { openMetavisionLayout } from "./metavision-layout.ts";
import { NpzSink } from "./npz-sink.ts";
import { neededSize, openEncoder, type SensorSize } from "./open-encoder.ts";
import { ENCODED_FORMATS, FORMAT_BY_ENDING } from "./output-formats.ts";
import { StreamSink } from "./stream-sink.ts";

/** What is written beside the events, and where. */
export interface EventSinkOptions {
  /** The output's format, one of {@link OUTPUT_FORMATS}. @default by the path's ending */
  readonly to?: string | undefined;
  /** The sensor's size, which most formats of event cameras name. @default unknown */
  readonly size?: SensorSize | undefined;
  /** Keys and values of Arrow and Parquet files. @default none */
  readonly metadata?: SinkMetadata;
  /** Triggers, asked for at the end; Metavision's HDF5 has a place for them. @default none */
  readonly triggers?: () => TriggerColumns | undefined;
  /** Where the path is. @default the disk; a browser has none */
  readonly vfs?: Vfs;
}

type Create = (path: string, options: EventSinkOptions, vfs: Vfs) => Promise<ColumnSink>;

const CONTAINERS: Readonly<Record<string, Create>> = {
  NPZ: (path, _options, vfs) => NpzSink.create(path, vfs),
  "HDF5-DSEC": (path, { size }, vfs) => {
    const known = neededSize("HDF5", size);
    return Hdf5EventSink.create(path, (writer) => openDsecLayout(writer, known), vfs);
  },
  "HDF5-Metavision": (path, { size, triggers }, vfs) => {
    const known = neededSize("HDF5", size);
    return Hdf5EventSink.create(path, (writer) => openMetavisionLayout(writer, known, triggers), vfs);
  },
};

/** Every ending that stands for a format. */
export const OUTPUT_ENDINGS: readonly string[] = Object.freeze([
  ...SINK_ENDINGS,
  ...Object.keys(FORMAT_BY_ENDING),
]);

/**
 * Begins a file of events, in the format that is named or that the path's ending stands for.
 * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for another ending or format, `EVENTS_GEOMETRY_UNKNOWN`
 * @param path - "-" is stdout, for a format of {@link ENCODED_FORMATS} that `to` names
 * @throws IoError when the directory cannot be written to
 * @example
 * await using sink = await openEventSink("events.h5", { size: { width: 640, height: 480 } });
 */
export async function openEventSink(path: string, options: EventSinkOptions = {}): Promise<ColumnSink> {
  const { vfs = defaultVfs, size, metadata = {} } = options;
  const ending = endingOf(path);
  const format =
    options.to ?? (Object.hasOwn(FORMAT_BY_ENDING, ending) ? FORMAT_BY_ENDING[ending]! : undefined);
  if (path === "-") return openStdout(format, size);
  if (format === undefined) {
    if (SINK_ENDINGS.includes(ending)) return openSink(path, EVENT_SCHEMA, { vfs, metadata });
    const expected = `one that ends in ${OUTPUT_ENDINGS.join(", ")}`;
    throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output path", path, expected);
  }
  if (Object.hasOwn(CONTAINERS, format)) return CONTAINERS[format]!(path, options, vfs);
  return EncoderSink.create(path, openEncoder(format, size), vfs);
}

function openStdout(format: string | undefined, size: SensorSize | undefined): StreamSink {
  if (format !== undefined && ENCODED_FORMATS.includes(format)) {
    return new StreamSink("stdout", sendToStdout(), format, openEncoder(format, size));
  }
  const expected = `for stdout, one of ${ENCODED_FORMATS.join(", ")}, by name (--to)`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output format", format, expected);
}
