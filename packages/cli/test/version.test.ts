import { expect, it } from "vitest";
import { readVersion } from "../src/index.ts";

it("reads the version of the package that the module belongs to", () => {
  expect(readVersion(import.meta.url)).toMatch(/^\d+\.\d+\.\d+$/);
  expect(() => readVersion("file:///nowhere/src/cli.ts")).toThrow("ENOENT");
});
