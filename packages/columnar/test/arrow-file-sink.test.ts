import { MemoryVfs } from "@millrace/files";
import { RecordBatchReader, tableFromIPC } from "apache-arrow";
import { expect, it } from "vitest";
import { ArrowFileSink } from "../src/index.ts";
import { bytesOf, chunkOf } from "./helpers.ts";

const SCHEMA = [
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
] as const;

it("writes one record batch a chunk, columns that cannot be null, and the metadata of both ends", async () => {
  const vfs = new MemoryVfs();
  await using sink = await ArrowFileSink.create("a.arrow", SCHEMA, {
    vfs,
    metadata: { format: "EVT3", width: "1" },
  });
  for (const count of [3, 0, 5]) {
    const t = Array.from({ length: count }, (_, i) => BigInt(i));
    await sink.write(chunkOf(SCHEMA, { t, x: t.map(Number) }));
  }
  await sink.finish({ width: "1280" });
  const bytes = await bytesOf(vfs, "a.arrow");
  const reader = RecordBatchReader.from(bytes);
  reader.open();
  expect(reader.isFile()).toBe(true);
  const table = tableFromIPC(bytes);
  expect(table.batches.map((batch) => batch.numRows)).toEqual([3, 5]);
  expect(table.schema.fields.map((field) => [field.name, String(field.type), field.nullable])).toEqual([
    ["t", "Int64", false],
    ["x", "Uint16", false],
  ]);
  expect(Object.fromEntries(table.schema.metadata)).toEqual({ format: "EVT3", width: "1280" });
});
