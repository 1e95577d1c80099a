import { baseName, joinPath, parentPath } from "@millrace/files";
import { expect, test } from "vitest";

test.each([
  ["a", ".", "a"],
  ["a/b", "a", "b"],
  ["/a", "/", "a"],
  ["/a/b/", "/a", "b"],
  ["a//b", "a", "b"],
  ["/", "/", ""],
])("%s lies in %s as %s", (path, parent, name) => {
  expect(parentPath(path)).toBe(parent);
  expect(baseName(path)).toBe(name);
});

test("joins with one slash", () => {
  expect(joinPath("a", "b")).toBe("a/b");
  expect(joinPath("a/", "b")).toBe("a/b");
  expect(joinPath("/", "b")).toBe("/b");
  expect(joinPath(".", "b")).toBe("b");
  expect(joinPath("", "b")).toBe("b");
});
