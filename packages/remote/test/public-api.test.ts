import * as remote from "@millrace/remote";
import { expect, test } from "vitest";

test("the public surface changes only on purpose", () => {
  expect(Object.keys(remote).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_HTTP_ERROR_CODES",
      "DEFAULT_PATIENCE",
      "HttpClient",
      "NOT_IMPLEMENTED",
      "S3Bucket",
    ]
  `);
});
