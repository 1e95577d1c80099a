import { MemoryVfs } from "@millrace/files";
import type { ColumnSchema } from "@millrace/stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARROW, bytesOf, type Columns, chunkOf, FORMATS, FullVfs, PARQUET } from "./helpers.ts";

const EVENTS: ColumnSchema = [
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
  { name: "p", kind: "uint8" },
];
/** The least, the greatest and a middle value of every kind. */
const EXTREMES: readonly (readonly [ColumnSchema[number], number[] | bigint[]])[] = [
  [{ name: "u8", kind: "uint8" }, [0, 255, 7]],
  [{ name: "i8", kind: "int8" }, [-128, 127, -1]],
  [{ name: "u16", kind: "uint16" }, [0, 65_535, 300]],
  [{ name: "i16", kind: "int16" }, [-32_768, 32_767, -5]],
  [{ name: "u32", kind: "uint32" }, [0, 2 ** 32 - 1, 2 ** 31]],
  [{ name: "i32", kind: "int32" }, [-(2 ** 31), 2 ** 31 - 1, -1]],
  [{ name: "f32", kind: "float32" }, [-1.5, 3.4028234663852886e38, 0.25]],
  [{ name: "f64", kind: "float64" }, [-Number.MAX_VALUE, Number.MIN_VALUE, Math.PI]],
  [{ name: "i64", kind: "int64" }, [-(2n ** 63n), 2n ** 63n - 1n, -1n]],
  [{ name: "u64", kind: "uint64" }, [0n, 2n ** 64n - 1n, 2n ** 63n]],
];

const rowsFrom = (start: number, count: number): Columns => ({
  t: Array.from({ length: count }, (_, i) => BigInt(start + i) * 3n),
  x: Array.from({ length: count }, (_, i) => (start + i) % 1280),
  p: Array.from({ length: count }, (_, i) => (start + i) & 1),
});

describe.each(FORMATS)("$name", ({ create, read }) => {
  it("gives every kind back to another reader, at its limits too", async () => {
    const schema = EXTREMES.map(([column]) => column);
    const values: Columns = Object.fromEntries(EXTREMES.map(([{ name }, numbers]) => [name, [...numbers]]));
    const vfs = new MemoryVfs();
    await using sink = await create("all", schema, { vfs });
    await sink.write(chunkOf(schema, values));
    const result = await sink.finish();
    const bytes = await bytesOf(vfs, "all");
    expect(result).toEqual({ rows: 3, bytes: bytes.length });
    expect(await read(bytes, schema)).toEqual(values);
  });

  it("writes a file without rows that readers accept", async () => {
    const vfs = new MemoryVfs();
    await using sink = await create("none", EVENTS, { vfs });
    await sink.write(chunkOf(EVENTS, rowsFrom(0, 0)));
    expect(await sink.finish()).toMatchObject({ rows: 0 });
    expect(await read(await bytesOf(vfs, "none"), EVENTS)).toEqual({ t: [], x: [], p: [] });
  });

  it("is done with a chunk's memory when write returns, and holds at most a group of rows", async () => {
    const vfs = new MemoryVfs();
    const rowGroupRows = 1000;
    await using sink = await create("many", EVENTS, { vfs, rowGroupRows });
    const chunk = chunkOf(EVENTS, rowsFrom(0, 256));
    for (let i = 0; i < 200; i++) {
      const { t, x, p } = rowsFrom(256 * i, 256);
      chunk.columns.t!.set(t as never);
      chunk.columns.x!.set(x as never);
      chunk.columns.p!.set(p as never);
      await sink.write(chunk);
      expect(sink.bufferedBytes).toBeLessThanOrEqual(rowGroupRows * 11);
      const [entry] = await vfs.list(".");
      const { size } = await vfs.stat(entry!.name);
      // What is not in memory is on the disk already: at least three bits a row in every format.
      expect(size).toBeGreaterThan((256 * (i + 1) - rowGroupRows) * (3 / 8));
    }
    await sink.finish();
    expect(await read(await bytesOf(vfs, "many"), EVENTS)).toEqual(rowsFrom(0, 256 * 200));
  });

  it("leaves what was there when it is aborted, and nothing of its own", async () => {
    const vfs = new MemoryVfs();
    await (await vfs.open("old", "create")).write(Uint8Array.of(1, 2, 3), 0);
    {
      await using sink = await create("old", EVENTS, { vfs });
      await sink.write(chunkOf(EVENTS, rowsFrom(0, 10)));
    }
    expect(await bytesOf(vfs, "old")).toEqual(Uint8Array.of(1, 2, 3));
    expect(await vfs.list(".")).toHaveLength(1);
  });

  it.each([0, 1, 3])("leaves nothing when the disk is full after %i writes", async (writes) => {
    const vfs = new FullVfs(writes);
    const run = async (): Promise<void> => {
      await using sink = await create("full", EVENTS, { vfs, rowGroupRows: 10 });
      for (let i = 0; i < 10; i++) await sink.write(chunkOf(EVENTS, rowsFrom(0, 10)));
      await sink.finish();
    };
    await expect(run()).rejects.toMatchObject({ code: "FILES_NO_SPACE" });
    expect(await vfs.list(".")).toEqual([]);
  });

  it("refuses a chunk of other columns, and goes on", async () => {
    const vfs = new MemoryVfs();
    await using sink = await create("a", EVENTS, { vfs });
    const other = chunkOf([{ name: "t", kind: "int32" }], { t: [1] });
    await expect(sink.write(other)).rejects.toMatchObject({ code: "COLUMNAR_SCHEMA_MISMATCH" });
    expect(await sink.finish()).toMatchObject({ rows: 0 });
  });

  it("cannot be used after finish or abort, but closed again", async () => {
    const vfs = new MemoryVfs();
    for (const end of ["finish", "abort"] as const) {
      const sink = await create(end, EVENTS, { vfs });
      await sink[end]();
      await expect(sink.write(chunkOf(EVENTS, rowsFrom(0, 1)))).rejects.toMatchObject({
        code: "COLUMNAR_SINK_CLOSED",
      });
      await expect(sink.finish()).rejects.toMatchObject({ code: "COLUMNAR_SINK_CLOSED" });
      await sink.close();
      await sink.close();
    }
    expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["finish"]);
  });

  it.each([0, 1.5, 2 ** 24 + 1])(
    "rejects a row group of %d rows, and makes no file",
    async (rowGroupRows) => {
      const vfs = new MemoryVfs();
      await expect(create("a", EVENTS, { vfs, rowGroupRows })).rejects.toMatchObject({
        code: "COLUMNAR_OPTION_RANGE",
      });
      expect(await vfs.list(".")).toEqual([]);
    },
  );
});

describe("Arrow and Parquet", () => {
  it("hold any rows in any cut of chunks and groups", async () => {
    const table = fc.array(
      fc.array(
        fc.record({
          t: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          x: fc.nat(65_535),
          p: fc.nat(1),
        }),
        { maxLength: 40 },
      ),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (chunks, rowGroupRows, isSmall) => {
          const columnsOf = (rows: { t: bigint; x: number; p: number }[]): Columns => ({
            t: rows.map(({ t }) => (isSmall ? t >> 40n : t)),
            x: rows.map(({ x }) => x),
            p: rows.map(({ p }) => p),
          });
          for (const { create, read } of [ARROW, PARQUET]) {
            const vfs = new MemoryVfs();
            await using sink = await create("a", EVENTS, { vfs, rowGroupRows });
            for (const rows of chunks) await sink.write(chunkOf(EVENTS, columnsOf(rows)));
            await sink.finish();
            expect(await read(await bytesOf(vfs, "a"), EVENTS)).toEqual(columnsOf(chunks.flat()));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
