import { expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_REED_SOLOMON_OPTIONS",
      "DEFAULT_THREADED_OPTIONS",
      "ENGINE_NAMES",
      "MATRIX_NAMES",
      "isRonomonInstalled",
      "isWasmAvailable",
      "newReedSolomon",
      "newRonomonEngine",
      "newThreadedReedSolomon",
      "selfTest",
    ]
  `);
});

it("a browser has all of it but the native engine and the threads", () => {
  const missing = Object.keys(api).filter((name) => !(name in browser));
  expect(missing.sort()).toEqual([
    "DEFAULT_THREADED_OPTIONS",
    "isRonomonInstalled",
    "newRonomonEngine",
    "newThreadedReedSolomon",
  ]);
});
