import { MemoryVfs } from "@millrace/files";
import { parquetReadObjects } from "hyparquet";
import { expect, it } from "vitest";
import { ParquetFile } from "../src/index.ts";
import { bytesOf } from "./helpers.ts";

const OPTIONS = {
  schema: [
    { name: "t", kind: "int64" },
    { name: "x", kind: "float32" },
    { name: "n", kind: "uint16" },
  ],
  metadata: { units: "ms" },
  durability: "os",
} as const;

const rows = (first: bigint) => ({
  t: BigInt64Array.of(first, first + 1n),
  x: Float32Array.of(0.5, -1),
  n: Uint16Array.of(1, 65_535),
});

it("writes row groups that hyparquet reads, under its name only when it is finished", async () => {
  const vfs = new MemoryVfs();
  const file = ParquetFile.createSync(vfs, "a.parquet", OPTIONS);
  file.appendSync(rows(0n));
  file.appendSync(rows(2n ** 40n));
  expect(vfs.existsSync("a.parquet")).toBe(false);
  const { rows: count, bytes } = file.finishSync();
  expect(count).toBe(4);
  expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["a.parquet"]);
  const content = await bytesOf(vfs, "a.parquet");
  expect(content.length).toBe(bytes);
  const found = await parquetReadObjects({ file: content.buffer as ArrayBuffer });
  expect(found.map(({ t }) => t)).toEqual([0n, 1n, 2n ** 40n, 2n ** 40n + 1n]);
  expect(found.map(({ x, n }) => [x, n]).slice(0, 2)).toEqual([
    [0.5, 1],
    [-1, 65_535],
  ]);
});

it("holds no rows, and refuses others than its schema's", async () => {
  const vfs = new MemoryVfs();
  const file = ParquetFile.createSync(vfs, "a.parquet", OPTIONS);
  const mismatch = expect.objectContaining({ code: "COLUMNAR_SCHEMA_MISMATCH" });
  expect(() => file.appendSync({ ...rows(0n), x: Float64Array.of(1, 2) })).toThrow(mismatch);
  expect(() => file.appendSync({ ...rows(0n), n: Uint16Array.of(1) })).toThrow(mismatch);
  expect(file.finishSync().rows).toBe(0);
  expect(() => file.appendSync(rows(0n))).toThrow(expect.objectContaining({ code: "COLUMNAR_SINK_CLOSED" }));
  const content = await bytesOf(vfs, "a.parquet");
  expect(await parquetReadObjects({ file: content.buffer as ArrayBuffer })).toEqual([]);
});

it("leaves nothing when it is aborted", async () => {
  const vfs = new MemoryVfs();
  {
    using file = ParquetFile.createSync(vfs, "a.parquet", OPTIONS);
    file.appendSync(rows(0n));
  }
  expect(await vfs.list(".")).toEqual([]);
});
