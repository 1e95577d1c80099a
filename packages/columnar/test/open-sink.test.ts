import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { ArrowFileSink, CsvSink, endingOf, openSink, ParquetSink } from "../src/index.ts";

const SCHEMA = [{ name: "t", kind: "int64" }] as const;

it.each([
  ["a.arrow", ArrowFileSink],
  ["a.feather", ArrowFileSink],
  ["dir.x/B.PARQUET", ParquetSink],
  ["a.csv", CsvSink],
])("opens what the ending of %s names", async (path, sinkClass) => {
  const vfs = new MemoryVfs();
  await vfs.makeDirectory("dir.x");
  await using sink = await openSink(path, SCHEMA, { vfs });
  expect(sink).toBeInstanceOf(sinkClass);
  expect([sink.path, sink.schema]).toEqual([path, SCHEMA]);
});

it.each(["a.xlsx", "a", "a.arrow/b", ".", "a."])(
  "names the known endings for %s, and makes no file",
  async (path) => {
    const vfs = new MemoryVfs();
    await expect(openSink(path, SCHEMA, { vfs })).rejects.toMatchObject({
      code: "COLUMNAR_ENDING_UNKNOWN",
      message: expect.stringContaining(".arrow, .feather, .parquet, .csv"),
    });
    expect(await vfs.list(".")).toEqual([]);
  },
);

it("takes an ending from the last part of a path only", () => {
  expect(endingOf("a.b/c")).toBe("");
  expect(endingOf("a/b.CSV")).toBe(".csv");
});

it("fails where the directory is missing", async () => {
  await expect(openSink("no/a.csv", SCHEMA, { vfs: new MemoryVfs() })).rejects.toMatchObject({
    code: "FILES_NOT_FOUND",
  });
});

it("rejects an unknown option by name", async () => {
  const options = { rowGroupRow: 5 } as object;
  await expect(openSink("a.csv", SCHEMA, options)).rejects.toMatchObject({ code: "COLUMNAR_OPTION_UNKNOWN" });
});
