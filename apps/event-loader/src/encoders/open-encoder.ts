import { InvalidArgumentError } from "@millrace/base";
import { Aedat4Encoder } from "./aedat4-encoder.ts";
import { DatEncoder } from "./dat-encoder.ts";
import type { EventEncoder } from "./event-encoder.ts";
import { EventStreamEncoder } from "./event-stream-encoder.ts";
import { Evt3Encoder } from "./evt3-encoder.ts";
import { TimeHighEncoder } from "./time-high-encoder.ts";

/** The sensor's size, which all of these formats name. */
export interface SensorSize {
  readonly width: number;
  readonly height: number;
}

const ENCODERS: Readonly<Record<string, (size: SensorSize) => EventEncoder>> = {
  EVT2: (size) => new TimeHighEncoder("EVT2", size),
  "EVT2.1": (size) => new TimeHighEncoder("EVT2.1", size),
  EVT3: (size) => new Evt3Encoder(size),
  EVT4: (size) => new TimeHighEncoder("EVT4", size),
  DAT: (size) => new DatEncoder(size),
  ES: (size) => new EventStreamEncoder(size),
  AEDAT4: (size) => new Aedat4Encoder(size),
};

/** Formats of event cameras that can be written, by the names under which they are read. */
export const ENCODED_FORMATS: readonly string[] = Object.freeze(Object.keys(ENCODERS));

/** The format that an output's ending stands for where none is named. */
export const FORMAT_BY_ENDING: Readonly<Record<string, string>> = Object.freeze({
  ".raw": "EVT3",
  ".dat": "DAT",
  ".es": "ES",
  ".aedat4": "AEDAT4",
});

/**
 * Makes the encoder of a format.
 * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for a format that is not written, and for sizes that it cannot have
 */
export function openEncoder(format: string, size: SensorSize): EventEncoder {
  const create = Object.hasOwn(ENCODERS, format) ? ENCODERS[format] : undefined;
  if (create !== undefined) return create(size);
  const expected = `one of ${ENCODED_FORMATS.join(", ")}`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output format", format, expected);
}
