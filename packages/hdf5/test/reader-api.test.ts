import { inflateSync } from "node:zlib";
import { MemoryVfs } from "@millrace/files";
import { beforeEach, describe, expect, it } from "vitest";
import { type Hdf5Filter, Hdf5Reader, type Hdf5ReaderOptions, Hdf5Writer } from "../src/index.ts";
import { ChunkDecoder } from "../src/reader/filters.ts";
import { ReaderFile } from "../src/reader/reader-file.ts";
import { bytesOf } from "./helpers.ts";

let vfs: MemoryVfs;

beforeEach(async () => {
  vfs = new MemoryVfs();
  await using writer = await Hdf5Writer.create(vfs, "a.h5");
  const { root } = writer;
  root.setAttribute("title", "a run");
  root.setAttribute("yes", true);
  root.setAttribute("wide", 7n);
  root.setAttribute("list", new Float32Array([1, 2]));
  const group = root.createGroup("group");
  group.createGroup("inner");
  const rows = group.createDataset("rows", { kind: "int32", rowShape: [2], chunkRows: 10 });
  await rows.append(Int32Array.from({ length: 200 }, (_, i) => i));
  const plain = group.createDataset("plain", {
    kind: "uint8",
    chunkRows: 64,
    compression: "none",
    shuffle: false,
  });
  await plain.append(Uint8Array.from({ length: 128 }, (_, i) => i));
  const wide = group.createDataset("wide", { kind: "uint64", chunkRows: 4 });
  await wide.append(BigUint64Array.of(1n, 2n ** 53n - 1n, 3n));
  await root.writeDataset("json", '{"a": 1}');
  await root.writeDataset("names", ["x", "", "zz"]);
});

const open = (options?: Hdf5ReaderOptions): Promise<Hdf5Reader> => Hdf5Reader.open(vfs, "a.h5", options);

describe("a reader", () => {
  it("finds objects by name, by path, and from the root", async () => {
    await using reader = await open();
    const { root } = reader;
    expect(root.names).toEqual(["group", "json", "names"]);
    expect(root.get("group/inner")?.path).toBe("/group/inner");
    expect(root.group("group").get("/group/./rows")?.path).toBe("/group/rows");
    expect(root.get("group/none")).toBeUndefined();
    expect(root.get("json/none")).toBeUndefined();
    expect([...root.group("group").children].map(([name, { kind }]) => `${name} ${kind}`)).toEqual([
      "inner group",
      "plain dataset",
      "rows dataset",
      "wide dataset",
    ]);
    expect(() => root.group("json")).toThrow('there is a dataset, not a group at "json" in /');
    expect(() => root.dataset("nothing")).toThrow(expect.objectContaining({ code: "HDF5_OBJECT_MISSING" }));
    expect(root.link("group")?.kind).toBe("hard");
    expect(root.link("none")).toBeUndefined();
  });

  it("gives attributes as plain values", async () => {
    await using reader = await open();
    const { attributes } = reader.root;
    expect(attributes.names).toEqual(["list", "title", "wide", "yes"]);
    expect(attributes.get("title")).toBe("a run");
    expect(attributes.get("yes")).toBe(true);
    expect(attributes.get("wide")).toBe(7n);
    expect(attributes.get("list")).toEqual(new Float32Array([1, 2]));
    expect(attributes.get("none")).toBeUndefined();
    expect(attributes.has("none")).toBe(false);
    expect(attributes.info("list")).toMatchObject({ shape: [2], type: { kind: "float32" }, isNull: false });
  });

  it("reads values of small datasets at once", async () => {
    await using reader = await open();
    expect(reader.root.dataset("json").valueSync()).toBe('{"a": 1}');
    expect(await reader.root.dataset("json").value()).toBe('{"a": 1}');
    expect(reader.root.dataset("names").readRowsSync(0, 3, "string")).toEqual(["x", "", "zz"]);
    expect(reader.root.dataset("json").rows).toBe(1);
    expect(reader.root.dataset("json").readRowsSync(0, 0)).toEqual([]);
  });

  it("says what a dataset is", async () => {
    await using reader = await open();
    const rows = reader.root.dataset("group/rows");
    expect(rows).toMatchObject({ rows: 100, shape: [100, 2], chunkShape: [10, 2], layout: "chunked" });
    expect(rows.filters.map(({ id, name }) => `${id} ${name}`)).toEqual(["2 shuffle", "1 deflate"]);
    expect(reader.root.dataset("json")).toMatchObject({ shape: [], layout: "compact", isNull: false });
    expect(reader.root.dataset("json").chunkShape).toBeUndefined();
  });

  it("streams whole chunks, from any row on", async () => {
    await using reader = await open();
    const rows = reader.root.dataset("group/rows");
    const seen: number[] = [];
    for await (const { start, stop, values } of rows.chunks({ start: 5, stop: 95, as: "int32" })) {
      expect(values.length).toBe(2 * (stop - start));
      seen.push(...values);
    }
    expect(seen).toEqual(Array.from({ length: 180 }, (_, i) => i + 10));
  });

  it("reads plain chunks without a copy", async () => {
    await using reader = await open();
    const plain = reader.root.dataset("group/plain");
    expect(plain.readRowsSync(64, 70, "uint8").buffer).toBe(plain.readRowsSync(70, 80, "uint8").buffer);
  });

  it("gives 64-bit integers as numbers when asked, while that is exact", async () => {
    await using reader = await open();
    const wide = reader.root.dataset("group/wide");
    expect(wide.readRowsSync(0, 3, "float64")).toEqual(Float64Array.of(1, 2 ** 53 - 1, 3));
    expect(wide.readRowsSync(0, 3)).toEqual(BigUint64Array.of(1n, 2n ** 53n - 1n, 3n));
    const other = new MemoryVfs();
    const writer = await Hdf5Writer.create(other, "b.h5");
    await writer.root.writeDataset("low", BigInt64Array.of(-5n, -(2n ** 53n) + 1n));
    await writer.root.writeDataset("wide", BigInt64Array.of(0n, -(2n ** 53n) - 2n));
    await writer.close();
    await using beyond = await Hdf5Reader.open(other, "b.h5");
    expect(beyond.root.dataset("low").readRowsSync(0, 2, "float64")).toEqual(
      Float64Array.of(-5, -(2 ** 53) + 1),
    );
    expect(() => beyond.root.dataset("wide").readSync({}, "float64")).toThrow(
      expect.objectContaining({ code: "HDF5_NUMBER_INEXACT" }),
    );
  });

  it("refuses rows that are not there, and kinds that the values are not", async () => {
    await using reader = await open();
    const rows = reader.root.dataset("group/rows");
    expect(() => rows.readRowsSync(0, 101)).toThrow(expect.objectContaining({ code: "HDF5_RANGE_INVALID" }));
    expect(() => rows.readRowsSync(-1, 2)).toThrow(expect.objectContaining({ code: "HDF5_RANGE_INVALID" }));
    expect(() => rows.readSync({ start: [0] })).toThrow(
      expect.objectContaining({ code: "HDF5_SELECTION_RANK" }),
    );
    expect(() => rows.readRowsSync(0, 1, "uint8")).toThrow(
      expect.objectContaining({ code: "HDF5_VALUES_OTHER" }),
    );
    await expect(rows.readRows(0, 1, "string")).rejects.toMatchObject({ code: "HDF5_VALUES_OTHER" });
  });

  it("takes no more memory than it may", async () => {
    await using reader = await open({ limitBytes: 400 });
    const rows = reader.root.dataset("group/rows");
    expect(rows.readRowsSync(0, 50, "int32").length).toBe(100);
    expect(() => rows.readRowsSync(0, 51)).toThrow(expect.objectContaining({ code: "HDF5_READ_LIMIT" }));
  });

  it("is closed once, and says so afterwards", async () => {
    const reader = await open();
    const rows = reader.root.dataset("group/rows");
    await reader.close();
    await reader.close();
    expect(() => rows.readRowsSync(0, 1)).toThrow(expect.objectContaining({ code: "HDF5_READER_CLOSED" }));
    expect(() => reader.root.names).toThrow(expect.objectContaining({ code: "HDF5_READER_CLOSED" }));
  });

  it("rejects options that are unknown or cannot be", async () => {
    await expect(open({ chunkCache: 1 } as Hdf5ReaderOptions)).rejects.toMatchObject({
      code: "HDF5_OPTION_UNKNOWN",
    });
    await expect(open({ limitBytes: 0 })).rejects.toMatchObject({ code: "HDF5_OPTION_RANGE" });
    const filters = { 300: {} as Hdf5Filter };
    await expect(open({ filters })).rejects.toMatchObject({ code: "HDF5_OPTION_VALUE" });
  });
});

describe("chunks and their filters", () => {
  it("are damage of the file when they cannot be decoded, at once and awaited", async () => {
    const bytes = await bytesOf(vfs, "a.h5");
    // Every zlib stream of level 1 begins with these two bytes.
    for (let at = 48; at < bytes.length - 4; at++) {
      if (bytes[at] === 0x78 && bytes[at + 1] === 0x01) bytes[at + 3]! ^= 0xff;
    }
    const dataset = Hdf5Reader.over(bytes).root.dataset("group/rows");
    expect(() => dataset.readSync()).toThrow(expect.objectContaining({ code: "HDF5_FILE_CORRUPT" }));
    await expect(dataset.read()).rejects.toMatchObject({ code: "HDF5_FILE_CORRUPT" });
  });

  it("are kept up to the size of the cache, and not above", async () => {
    await using reader = await open({ chunkCacheBytes: 1 });
    expect(reader.root.dataset("group/rows").readRowsSync(3, 5)).toEqual(Int32Array.of(6, 7, 8, 9));
  });

  it("go through a filter that is given, also in place of a built-in one", async () => {
    let calls = 0;
    const decode = (
      bytes: Uint8Array,
      clientValues: readonly number[],
      expectedBytes: number,
    ): Uint8Array => {
      expect([clientValues, expectedBytes]).toEqual([[1], 80]);
      calls++;
      return inflateSync(bytes);
    };
    await using reader = await open({ filters: { 1: { name: "mine", decode } } });
    expect(reader.root.dataset("group/rows").readRowsSync(9, 11)).toEqual(Int32Array.of(18, 19, 20, 21));
    expect(calls).toBe(2);
    reader.root.dataset("group/rows").readRowsSync(0, 20);
    expect(calls).toBe(2);
  });

  it("can only be awaited when a filter gives promises", async () => {
    const decode = async (bytes: Uint8Array): Promise<Uint8Array> => inflateSync(bytes);
    await using reader = await open({ filters: { 1: { name: "slow", decode } } });
    const rows = reader.root.dataset("group/rows");
    expect(() => rows.readRowsSync(0, 20)).toThrow(expect.objectContaining({ code: "HDF5_FILTER_ASYNC" }));
    expect(await rows.readRows(9, 11)).toEqual(Int32Array.of(18, 19, 20, 21));
  });

  it("are refused by name when the filter is not there", () => {
    const szip = decoderOf(4, "szip", 8);
    expect(() => szip.decode(new Uint8Array(8), 0, 0, "sync")).toThrow(
      "x.h5: filter 4 (szip), which can be given as an option, cannot be read here",
    );
    // The mask says that it was left out.
    expect(szip.decode(new Uint8Array(8), 1, 0, "sync")).toEqual(new Uint8Array(8));
  });

  it("are decoded from blocks of LZ4, compressed and stored", () => {
    // Two blocks of 8 bytes: a literal "a", a match of 5 bytes one back and the literals "bc"; and plain text.
    const chunk = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 8]),
      Buffer.from([0, 0, 0, 7, 0x11, 0x61, 1, 0, 0x20, 0x62, 0x63]),
      Buffer.from([0, 0, 0, 8]),
      Buffer.from("plaintxt"),
    ]);
    const decoder = decoderOf(32004, "lz4", 16);
    expect(Buffer.from(decoder.decode(Uint8Array.from(chunk), 0, 0, "sync") as Uint8Array).toString()).toBe(
      "aaaaaabcplaintxt",
    );
    for (let length = 0; length < chunk.length; length++) {
      expect(() => decoder.decode(Uint8Array.from(chunk.subarray(0, length)), 0, 0, "sync")).toThrow(
        expect.objectContaining({ code: "HDF5_FILE_CORRUPT" }),
      );
    }
  });

  it("are decoded from Blosc", async () => {
    // Version 2 of the format, flag 2: stored; elements of 1 byte, 8 bytes in one block, 24 in all.
    const chunk = Uint8Array.from([2, 1, 2, 1, 8, 0, 0, 0, 8, 0, 0, 0, 24, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const decoder = decoderOf(32001, "blosc", 8);
    expect(decoder.decode(chunk, 0, 0, "sync")).toEqual(chunk.slice(16));
    expect(await decoder.decode(chunk, 0, 0, "async")).toEqual(chunk.slice(16));
  });
});

function decoderOf(id: number, name: string, chunkBytes: number): ChunkDecoder {
  const file = new ReaderFile({ path: "x.h5", size: 0, bytes: () => new Uint8Array(0) }, 0, 8, 8, 100);
  return new ChunkDecoder(file, [{ id, name, clientValues: [] }], {}, chunkBytes);
}
