import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_REED_SOLOMON_OPTIONS",
      "MATRIX_NAMES",
      "isRonomonInstalled",
      "newReedSolomon",
      "newRonomonEngine",
      "selfTest",
    ]
  `);
});
