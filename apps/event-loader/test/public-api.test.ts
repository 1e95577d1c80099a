import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Aedat4Encoder",
      "DEFAULT_DIGEST_OPTIONS",
      "DEFAULT_EVT3_ENCODER_OPTIONS",
      "DEFAULT_RECORDING_OPTIONS",
      "DatEncoder",
      "ENCODED_FORMATS",
      "EVENT_SCHEMA",
      "EncoderSink",
      "EventStreamEncoder",
      "Evt3Encoder",
      "FORMAT_NAMES",
      "TIME_UNITS",
      "TimeHighEncoder",
      "VIOLATION_MEANINGS",
      "backgroundActivity",
      "convertRecording",
      "countEventsPerPixel",
      "crop",
      "digestEvents",
      "everyNth",
      "filterChunks",
      "flipX",
      "flipY",
      "hotPixelMask",
      "maskPixels",
      "openEncoder",
      "openRecording",
      "parseTextColumns",
      "polarity",
      "rateLimit",
      "refractory",
      "regions",
      "rescale",
      "rotate",
      "summarizeEvents",
      "timeWindow",
      "transpose",
    ]
  `);
});
