import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "CONVERT_FORMATS",
      "DEFAULT_ANALYTICS_OPTIONS",
      "DEFAULT_CONVERT_OPTIONS",
      "DEFAULT_EXPORTER_OPTIONS",
      "DEFAULT_IMPORT_OPTIONS",
      "DEFAULT_LIF_NETWORK_OPTIONS",
      "DEFAULT_LOADER_OPTIONS",
      "DEFAULT_PLOT_OPTIONS",
      "DataExporter",
      "EpisodeData",
      "ExperimentLoader",
      "FIELD_KINDS",
      "FORMAT_NAME",
      "FORMAT_VERSION",
      "PLOT_KINDS",
      "connectionsOf",
      "convertExperiment",
      "deltaCodec",
      "importSpikes",
      "migrate",
      "newLifNetwork",
      "plotExperiment",
      "quickLoad",
      "recover",
      "simulate",
      "validate",
    ]
  `);
});
