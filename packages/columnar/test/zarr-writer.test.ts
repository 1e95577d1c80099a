import { seededRandom } from "@millrace/base";
import { ELEMENT_KINDS, newTypedArray, type TypedArray } from "@millrace/buffers";
import { MemoryVfs } from "@millrace/files";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ZarrArrayOptions, type ZarrKind, ZarrWriter } from "../src/index.ts";
import { readByZarrita, readGroupAttributes } from "./zarr-helpers.ts";

/** Values of a kind that cannot be mistaken for others. */
function valuesOf(kind: (typeof ELEMENT_KINDS)[number], count: number): TypedArray {
  const values = newTypedArray(kind, count);
  const isWide = values instanceof BigInt64Array || values instanceof BigUint64Array;
  for (let i = 0; i < count; i++) values[i] = (isWide ? BigInt(i) * 10_000_000_000n : (i * 7) / 4) as never;
  return values;
}

describe("zarrita reads", () => {
  const forms: Partial<ZarrArrayOptions<ZarrKind>>[] = [
    {},
    { compression: "none", shardChunks: 1 },
    { compression: { gzip: 6 }, checksum: true },
    { compression: { zstd: 1 }, checksum: true, shardChunks: 3 },
    { compression: "none", checksum: true, shardChunks: 2 },
  ];

  it.each(forms)("every kind, whatever was appended, with %j", async (form) => {
    for (const kind of ELEMENT_KINDS) {
      const vfs = new MemoryVfs();
      const values = valuesOf(kind, 2 * 143);
      const writer = ZarrWriter.createSync(vfs, "a.zarr", { checkpointBytes: 500 });
      const data = writer.root.createDataset("d", { kind, rowShape: [2], chunkRows: 10, ...form });
      for (const [from, end] of [
        [0, 2],
        [2, 20],
        [20, 20],
        [20, 130],
        [130, 286],
      ]) {
        data.appendSync(values.subarray(from, end) as never);
        if (from === 2) writer.checkpointSync();
      }
      expect(data.rows).toBe(143);
      writer.closeSync();
      const seen = await readByZarrita(vfs, "a.zarr", "d");
      expect(seen).toMatchObject({ shape: [143, 2], dtype: kind, values: Array.from(values as Uint8Array) });
    }
  });

  it("attributes, names of dimensions, booleans, texts and small arrays", async () => {
    const vfs = new MemoryVfs();
    {
      using writer = ZarrWriter.createSync(vfs, "a.zarr");
      const group = writer.root.createGroup("Gruppe ü");
      group.setAttribute("text", "🦆");
      group.setAttribute("nan", Number.NaN);
      group.setAttribute("wide", 2n ** 63n);
      group.setAttribute("few", Float32Array.of(1.5, 2));
      group.setAttribute("list", ["a", "b"]);
      group.setAttribute("__proto__", true);
      const bits = group.createDataset("bits", { kind: "boolean", dimensionNames: ["time"] });
      bits.setAttribute("units", "1");
      bits.appendSync(Uint8Array.of(1, 0, 1));
      group.writeDatasetSync("config", '{"a": 1}');
      group.writeDatasetSync("names", ["x", "", "ü"]);
      group.writeDatasetSync("matrix", Int32Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
      group.writeDatasetSync("none", new Float32Array(0));
    }
    expect(Object.entries(await readGroupAttributes(vfs, "a.zarr", "Gruppe ü"))).toEqual([
      ["text", "🦆"],
      ["nan", "NaN"],
      ["wide", "9223372036854775808"],
      ["few", [1.5, 2]],
      ["list", ["a", "b"]],
      ["__proto__", true],
    ]);
    const read = (name: string): ReturnType<typeof readByZarrita> =>
      readByZarrita(vfs, "a.zarr", `Gruppe ü/${name}`);
    expect(await read("bits")).toEqual({
      shape: [3],
      dtype: "bool",
      attributes: { units: "1" },
      dimensionNames: ["time"],
      values: [true, false, true],
    });
    expect(await read("config")).toMatchObject({ shape: [], values: ['{"a": 1}'] });
    expect(await read("names")).toMatchObject({ shape: [3], values: ["x", "", "ü"] });
    expect(await read("matrix")).toMatchObject({ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] });
    expect(await read("none")).toMatchObject({ shape: [0], values: [] });
  });

  it("a store that is being written, as of its last checkpoint", async () => {
    const vfs = new MemoryVfs();
    const writer = ZarrWriter.createSync(vfs, "a.zarr", { checkpointBytes: 0 });
    const data = writer.root.createDataset("d", { kind: "int32", chunkRows: 4, shardChunks: 2 });
    for (let rows = 1; rows <= 30; rows++) {
      data.appendSync(Int32Array.of(rows));
      if (rows % 7 === 0) writer.checkpointSync();
      const acknowledged = rows - (rows % 7);
      if (acknowledged === 0) continue;
      const { values } = await readByZarrita(vfs, "a.zarr", "d");
      expect(values).toEqual(Array.from({ length: acknowledged }, (_, i) => i + 1));
    }
    writer.closeSync();
  });
});

describe("what is wrong", () => {
  it("is told, and changes nothing", () => {
    const vfs = new MemoryVfs();
    const writer = ZarrWriter.createSync(vfs, "a.zarr");
    const { root } = writer;
    expect(() => ZarrWriter.createSync(vfs, "a.zarr")).toThrow(
      expect.objectContaining({ code: "FILES_EXISTS" }),
    );
    for (const name of ["", ".", "..", "__a", "a/b", "zarr.json", "\ud800"]) {
      expect(() => root.createGroup(name), name).toThrow(
        expect.objectContaining({ code: "ZARR_NAME_INVALID" }),
      );
    }
    const data = root.createDataset("d", { kind: "int32", rowShape: [2] });
    expect(() => root.createGroup("d")).toThrow(expect.objectContaining({ code: "ZARR_NAME_TAKEN" }));
    expect(() => data.appendSync(Int32Array.of(1))).toThrow(/multiple of 2/);
    expect(() => data.appendSync(Uint8Array.of(1, 2) as never)).toThrow(/int32 values/);
    expect(data.rows).toBe(0);
    const bits = root.createDataset("bits", { kind: "boolean" });
    expect(() => bits.appendSync(Uint8Array.of(2))).toThrow(
      expect.objectContaining({ code: "ZARR_DATA_BOOLEAN" }),
    );
    expect(() => root.createDataset("x", { kind: "text" as "int8" })).toThrow(/kind/);
    expect(() => root.createDataset("x", { kind: "int8", compression: { lzf: 1 } as never })).toThrow(/zstd/);
    expect(() => root.createDataset("x", { kind: "int8", dimensionNames: ["a", "b"] })).toThrow(
      /dimensionNames/,
    );
    expect(() => root.writeDatasetSync("x", new Int8Array(3), { shape: [2, 2] })).toThrow(/3 values in all/);
    expect(() => root.writeDatasetSync("x", [1] as never)).toThrow(/array of such texts/);
    expect(() => root.setAttribute("x", {} as never)).toThrow(
      expect.objectContaining({ code: "ZARR_VALUE_UNFIT" }),
    );
    data.closeSync();
    data.closeSync();
    expect(() => data.appendSync(Int32Array.of(1, 2))).toThrow(/closed/);
    writer.closeSync();
    writer.closeSync();
    expect(() => root.createGroup("g")).toThrow(/closed/);
    expect(() => writer.checkpointSync()).toThrow(/closed/);
  });
});

describe("checkpoints by themselves", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("come after checkpointBytes and checkpointMs", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const noise = new Int32Array(seededRandom(1).fill(new Uint8Array(8000)).buffer);
    for (const options of [{ checkpointBytes: 3000 }, { checkpointMs: 10, checkpointBytes: 0 }]) {
      const vfs = new MemoryVfs();
      const writer = ZarrWriter.createSync(vfs, "a.zarr", options);
      const data = writer.root.createDataset("d", { kind: "int32", chunkRows: 100 });
      data.appendSync(noise.subarray(0, 500));
      expect(await vfs.exists("a.zarr/d/zarr.json")).toBe(false);
      vi.advanceTimersByTime(10);
      data.appendSync(noise.subarray(500));
      expect((await readByZarrita(vfs, "a.zarr", "d")).shape).toEqual([2000]);
    }
  });
});
