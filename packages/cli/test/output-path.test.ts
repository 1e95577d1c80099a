import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOutputPath, pathEndingIn, UsageError } from "../src/index.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "output-path-"));
  await writeFile(join(directory, "in"), "");
  await mkdir(join(directory, "sub"));
  await symlink(directory, join(directory, "sub", "up"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("an output", () => {
  it.each(["in", "sub/../in", "sub/up/in"])(
    "must not be the file that is read, by whatever path: %s",
    (path) => {
      const output = `${directory}/${path}`;
      expect(() => checkOutputPath(output, "-", join(directory, "in"))).toThrow(UsageError);
      expect(() => checkOutputPath(output, join(directory, "in"))).toThrow("name another file");
    },
  );

  it("may be any other file, stdout, or lie where nothing is", () => {
    for (const output of ["out", "sub/in", "nowhere/in"])
      checkOutputPath(join(directory, output), join(directory, "in"), "-");
    checkOutputPath("-", "-");
  });
});

it("an option may ask for the ending of a path", () => {
  const parse = pathEndingIn(".svg", ".png");
  expect([parse("a.svg"), parse("b/c.PNG")]).toEqual(["a.svg", "b/c.PNG"]);
  expect(() => parse("a.gif")).toThrow("ends in .svg or .png");
});
