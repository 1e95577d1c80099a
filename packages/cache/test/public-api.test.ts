import { expect, test } from "vitest";
import * as api from "../src/index.ts";

test("the public surface is exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_PAGE_CACHE_OPTIONS",
      "PageCache",
    ]
  `);
});
