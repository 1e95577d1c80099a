import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ArrowFileSink",
      "CsvSink",
      "DEFAULT_SINK_OPTIONS",
      "DEFAULT_ZARR_ARRAY_OPTIONS",
      "DEFAULT_ZARR_WRITER_OPTIONS",
      "FileSink",
      "ParquetFile",
      "ParquetSink",
      "SINK_ENDINGS",
      "SinkFile",
      "ZarrArray",
      "ZarrGroup",
      "ZarrWriter",
      "arrowTableOf",
      "endingOf",
      "openSink",
    ]
  `);
});
