import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Collection",
      "DEFAULT_DATABASE_OPTIONS",
      "DEFAULT_FIND_OPTIONS",
      "DEFAULT_INDEX_OPTIONS",
      "Database",
      "FindCursor",
      "ObjectId",
      "compareValues",
      "compileFilter",
      "decodeDocument",
      "encodeDocument",
      "encodeKey",
      "matchesDocument",
    ]
  `);
});
