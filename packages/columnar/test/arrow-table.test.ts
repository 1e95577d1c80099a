import { DurationMicrosecond, tableFromIPC, tableToIPC } from "apache-arrow";
import { expect, it } from "vitest";
import { arrowTableOf } from "../src/index.ts";

const COLUMNS = [
  { name: "t", kind: "durationUs" },
  { name: "x", kind: "int16" },
] as const;

it("makes a table of the arrays that it is given, batch by batch, which IPC brings back", async () => {
  const t = BigInt64Array.of(5n, -7n);
  const batches = [
    { t, x: Int16Array.of(1, -2) },
    { t: BigInt64Array.of(2n ** 40n), x: Int16Array.of(3) },
  ];
  const table = await arrowTableOf(COLUMNS, batches, { width: "640" });
  expect(table.schema.fields[0]!.type).toBeInstanceOf(DurationMicrosecond);
  expect(table.batches.length).toBe(2);
  expect(table.batches[0]!.getChildAt(0)!.data[0]!.values).toBe(t);
  for (const read of [table, tableFromIPC(tableToIPC(table, "file"))]) {
    expect([...read.getChild("t")!]).toEqual([5n, -7n, 2n ** 40n]);
    expect([...read.getChild("x")!]).toEqual([1, -2, 3]);
    expect(read.schema.metadata.get("width")).toBe("640");
    expect(String(read.schema.fields[0]!.type)).toMatch(/Duration/);
  }
});

it("makes a table without rows", async () => {
  const table = await arrowTableOf(COLUMNS, []);
  expect([table.numRows, table.schema.fields.length]).toEqual([0, 2]);
});
