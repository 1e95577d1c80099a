import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Program",
      "UsageError",
      "byteSize",
      "checkOutputPath",
      "describeError",
      "duration",
      "endQuietlyOnClosedPipe",
      "exitCodeOf",
      "formatAmount",
      "formatCount",
      "formatFacts",
      "formatRate",
      "formatTable",
      "integerBetween",
      "newProgressBar",
      "numberBetween",
      "pathEndingIn",
      "readVersion",
    ]
  `);
});
