import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_DIGEST_OPTIONS",
      "DEFAULT_EVT3_ENCODER_OPTIONS",
      "DEFAULT_RECORDING_OPTIONS",
      "EVENT_SCHEMA",
      "Evt3Encoder",
      "Evt3FileSink",
      "FORMAT_NAMES",
      "TIME_UNITS",
      "VIOLATION_MEANINGS",
      "convertRecording",
      "countEventsPerPixel",
      "digestEvents",
      "openRecording",
      "parseTextColumns",
      "summarizeEvents",
    ]
  `);
});
