import type { FormatName } from "./formats.ts";
import type { DecodeMode } from "./options.ts";

/** How a file writes what its events are; the columns are the same for all: µs, 0 and 1, rows as they are stored. */
export interface Provenance {
  /** How polarity is written: "0/1", "-1/1", "1/0" where 0 is brighter, or another in words. */
  readonly polarity: string;
  /** The unit of the file's times: s, ms, us or ns. */
  readonly timeUnit: string;
  /** What a time of 0 is. */
  readonly timeOrigin:
    | "start of the camera"
    | "start of the recording"
    | "1970"
    | "first time-high"
    | "unknown";
  /** Where row 0 is: at the top, or at the bottom of the picture. */
  readonly yDirection: "down" | "up" | "unknown";
}

const CAMERA: Provenance = {
  polarity: "0/1",
  timeUnit: "us",
  timeOrigin: "start of the camera",
  yDirection: "down",
};
const TABLE: Provenance = {
  polarity: "unknown",
  timeUnit: "unknown",
  timeOrigin: "unknown",
  yDirection: "unknown",
};

const BY_FORMAT: Readonly<Record<string, Provenance>> = {
  EVT2: CAMERA,
  "EVT2.1": CAMERA,
  EVT3: CAMERA,
  EVT4: CAMERA,
  DAT: CAMERA,
  ES: { ...CAMERA, timeOrigin: "start of the recording", yDirection: "up" },
  "N-MNIST": { ...CAMERA, timeOrigin: "start of the recording" },
  // jAER counts rows from the bottom.
  AEDAT1: { ...CAMERA, yDirection: "up" },
  AEDAT2: { ...CAMERA, yDirection: "up" },
  AEDAT3: CAMERA,
  AEDAT4: { ...CAMERA, timeOrigin: "1970" },
};

/**
 * What a format, and the header of a file, tell of how events are written.
 * @param metadata - of the format; `polarity`, `timeUnit` and `layout` stand over the format's own
 */
export function provenanceOf(
  format: FormatName,
  metadata: Readonly<Record<string, string>>,
  mode: DecodeMode,
): Provenance {
  const known = BY_FORMAT[format] ?? TABLE;
  const polarity = metadata.layout === "DVS128" ? "1/0" : (metadata.polarity ?? known.polarity);
  const isShifted = mode === "sdk" && format.startsWith("EVT");
  return {
    polarity,
    timeUnit: metadata.timeUnit ?? known.timeUnit,
    timeOrigin: isShifted ? "first time-high" : known.timeOrigin,
    yDirection: known.yDirection,
  };
}
