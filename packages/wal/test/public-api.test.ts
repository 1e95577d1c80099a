import * as wal from "@millrace/wal";
import { expect, test } from "vitest";

test("the public surface changes only on purpose", () => {
  expect(Object.keys(wal).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_WAL_OPTIONS",
      "Wal",
    ]
  `);
});
