import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ArrowFileSink",
      "CsvSink",
      "DEFAULT_SINK_OPTIONS",
      "FileSink",
      "ParquetSink",
      "SINK_ENDINGS",
      "SinkFile",
      "endingOf",
      "openSink",
    ]
  `);
});
