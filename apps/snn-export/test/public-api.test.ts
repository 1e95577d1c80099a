import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_ANALYTICS_OPTIONS",
      "DEFAULT_EXPORTER_OPTIONS",
      "DEFAULT_LIF_NETWORK_OPTIONS",
      "DEFAULT_LOADER_OPTIONS",
      "DataExporter",
      "EpisodeData",
      "ExperimentLoader",
      "FIELD_KINDS",
      "FORMAT_NAME",
      "FORMAT_VERSION",
      "StandardDataExporter",
      "connectionsOf",
      "migrate",
      "newLifNetwork",
      "quickLoad",
      "recover",
      "simulate",
      "validate",
    ]
  `);
});
