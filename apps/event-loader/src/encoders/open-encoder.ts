import { InvalidArgumentError } from "@millrace/base";
import { Aedat4Encoder } from "./aedat4-encoder.ts";
import { DatEncoder } from "./dat-encoder.ts";
import type { EventEncoder } from "./event-encoder.ts";
import { EventStreamEncoder } from "./event-stream-encoder.ts";
import { Evt3Encoder } from "./evt3-encoder.ts";
import { NpyEncoder } from "./npy-encoder.ts";
import { ENCODED_FORMATS } from "./output-formats.ts";
import { TextEventEncoder } from "./text-encoder.ts";
import { TimeHighEncoder } from "./time-high-encoder.ts";

/** The sensor's size. */
export interface SensorSize {
  readonly width: number;
  readonly height: number;
}

/** Formats that name the sensor's size. */
const SIZED: Readonly<Record<string, (size: SensorSize) => EventEncoder>> = {
  EVT2: (size) => new TimeHighEncoder("EVT2", size),
  "EVT2.1": (size) => new TimeHighEncoder("EVT2.1", size),
  EVT3: (size) => new Evt3Encoder(size),
  EVT4: (size) => new TimeHighEncoder("EVT4", size),
  DAT: (size) => new DatEncoder(size),
  ES: (size) => new EventStreamEncoder(size),
  AEDAT4: (size) => new Aedat4Encoder(size),
};

/** Formats that do without it. */
const SIZELESS: Readonly<Record<string, (size: SensorSize | undefined) => EventEncoder>> = {
  NPY: () => new NpyEncoder(),
  "rpg-text": (size) => new TextEventEncoder("rpg-text", size),
  "v2e-text": (size) => new TextEventEncoder("v2e-text", size),
  "metavision-csv": (size) => new TextEventEncoder("metavision-csv", size),
};

/**
 * Makes the encoder of a format.
 * @param size - of the sensor; NPY and the formats of text do without
 * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for a format that is not written, `EVENTS_GEOMETRY_UNKNOWN` for
 *   one that needs a size, and for sizes that it cannot have
 */
export function openEncoder(format: string, size?: SensorSize): EventEncoder {
  if (Object.hasOwn(SIZELESS, format)) return SIZELESS[format]!(size);
  if (Object.hasOwn(SIZED, format)) return SIZED[format]!(neededSize(format, size));
  const expected = `one of ${ENCODED_FORMATS.join(", ")}`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output format", format, expected);
}

/** @throws InvalidArgumentError `EVENTS_GEOMETRY_UNKNOWN` when there is none */
export function neededSize(format: string, size: SensorSize | undefined): SensorSize {
  if (size !== undefined) return size;
  const expected = `columns and rows, which a file of ${format} has to name: pass the geometry`;
  throw new InvalidArgumentError("EVENTS_GEOMETRY_UNKNOWN", "geometry of the events", undefined, expected);
}
