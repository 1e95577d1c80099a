import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_PERFORMANCE",
      "DEFAULT_STORE_CONFIG",
      "DEFAULT_STORE_OPTIONS",
      "ErasureStore",
      "getFolder",
      "initStore",
      "openStore",
      "putFolder",
    ]
  `);
});
