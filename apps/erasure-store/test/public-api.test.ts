import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_DURABILITY_MODEL",
      "DEFAULT_PERFORMANCE",
      "DEFAULT_STORE_CONFIG",
      "DEFAULT_STORE_OPTIONS",
      "ErasureStore",
      "benchStore",
      "durabilityOf",
      "durabilityPage",
      "getFolder",
      "initStore",
      "openStore",
      "putFolder",
      "reportStages",
      "reportStats",
      "serveStore",
      "simulateDurability",
    ]
  `);
});
