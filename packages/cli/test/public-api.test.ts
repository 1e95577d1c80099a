import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Program",
      "UsageError",
      "byteSize",
      "describeError",
      "duration",
      "endQuietlyOnClosedPipe",
      "exitCodeOf",
      "formatCount",
      "formatFacts",
      "formatRate",
      "formatTable",
      "integerBetween",
      "newProgressBar",
      "numberBetween",
      "readVersion",
    ]
  `);
});
