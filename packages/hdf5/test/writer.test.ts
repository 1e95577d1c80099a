import { seededRandom } from "@millrace/base";
import { bytesPerElement, viewAs } from "@millrace/buffers";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { DATASET_KINDS, type DatasetKind, Hdf5Writer } from "../src/index.ts";
import { bytesOf, readImage, type Seen } from "./helpers.ts";

/** What libhdf5 reads after `work` and `close()`. */
async function written(work: (writer: Hdf5Writer) => void | Promise<void>): Promise<Seen> {
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "a.h5");
  await work(writer);
  await writer.close();
  return readImage(await bytesOf(vfs, "a.h5"));
}

describe("a file", () => {
  it("is valid and empty once it is created", async () => {
    const vfs = new MemoryVfs();
    await Hdf5Writer.create(vfs, "a.h5");
    expect(readImage(await bytesOf(vfs, "a.h5"))).toEqual({ attributes: {}, children: {} });
  });

  it("shows what a checkpoint made part of it, and nothing after", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    const data = writer.root.createDataset("d", { kind: "int32", chunkRows: 4 });
    await data.append(Int32Array.of(1, 2, 3, 4, 5));
    expect(readImage(await bytesOf(vfs, "a.h5")).children).toEqual({});
    await writer.checkpoint();
    await data.append(Int32Array.of(6, 7, 8, 9));
    const seen = readImage(await bytesOf(vfs, "a.h5"));
    expect(seen.children?.d?.data).toEqual({ shape: [5], value: [1, 2, 3, 4, 5] });
    await writer.close();
    const closed = readImage(await bytesOf(vfs, "a.h5"));
    expect(closed.children?.d?.data?.value).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("only grows: a checkpoint changes the superblock and appends", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    const data = writer.root.createDataset("d", { kind: "float64", chunkRows: 8 });
    for (let round = 0; round < 20; round++) {
      const before = await bytesOf(vfs, "a.h5");
      await data.append(new Float64Array(5).fill(round));
      writer.root.setAttribute("round", round);
      await writer.checkpoint();
      const after = await bytesOf(vfs, "a.h5");
      expect(after.subarray(48, before.length)).toEqual(before.subarray(48));
    }
    await writer.close();
  });

  it("does not grow by a checkpoint with few changes in a large group", async () => {
    const vfs = new MemoryVfs();
    await using writer = await Hdf5Writer.create(vfs, "a.h5");
    const group = writer.root.createGroup("many");
    for (let i = 0; i < 5000; i++) group.createGroup(`episode_${String(i).padStart(4, "0")}`);
    const last = group.createGroup("last");
    await writer.checkpoint();
    const { bytes } = writer.stats();
    last.setAttribute("a", 1);
    await writer.checkpoint();
    expect(writer.stats().bytes - bytes).toBeLessThan(4096);
  });
});

describe("attributes", () => {
  it("hold texts, numbers, bigints, booleans and arrays, on groups and datasets", async () => {
    const seen = await written(async ({ root }) => {
      root.setAttribute("text", "Zürich 🦆");
      root.setAttribute("empty", "");
      root.setAttribute("texts", ["a", "", "ccc"]);
      root.setAttribute("fixed", ["a", "", "ccc"], { strings: "fixed" });
      root.setAttribute("number", -0.5);
      root.setAttribute("count", 7, { kind: "uint16" });
      root.setAttribute("wide", 2n ** 62n);
      root.setAttribute("yes", true);
      root.setAttribute("flags", [true, false]);
      root.setAttribute("none", new Float32Array(0));
      const data = root.createDataset("d", { kind: "int8" });
      data.setAttribute("matrix", Int16Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
      data.setAttribute("units", "mV");
    });
    expect(seen.attributes).toMatchInlineSnapshot(`
      {
        "count": {
          "shape": [],
          "value": 7,
        },
        "empty": {
          "shape": [],
          "value": "",
        },
        "fixed": {
          "shape": [
            3,
          ],
          "value": [
            "a",
            "",
            "ccc",
          ],
        },
        "flags": {
          "shape": [
            2,
          ],
          "value": [
            1,
            0,
          ],
        },
        "none": {
          "shape": [
            0,
          ],
          "value": [],
        },
        "number": {
          "shape": [],
          "value": -0.5,
        },
        "text": {
          "shape": [],
          "value": "Zürich 🦆",
        },
        "texts": {
          "shape": [
            3,
          ],
          "value": [
            "a",
            "",
            "ccc",
          ],
        },
        "wide": {
          "shape": [],
          "value": 4611686018427387904n,
        },
        "yes": {
          "shape": [],
          "value": 1,
        },
      }
    `);
    expect(seen.children?.d?.attributes).toMatchInlineSnapshot(`
      {
        "matrix": {
          "shape": [
            2,
            3,
          ],
          "value": [
            1,
            2,
            3,
            4,
            5,
            6,
          ],
        },
        "units": {
          "shape": [],
          "value": "mV",
        },
      }
    `);
  });

  it("are replaced, and stay through later checkpoints", async () => {
    const seen = await written(async (writer) => {
      writer.root.setAttribute("status", "running");
      writer.root.setAttribute("other", 1);
      await writer.checkpoint();
      writer.root.setAttribute("status", "complete");
    });
    expect(seen.attributes.status?.value).toBe("complete");
    expect(seen.attributes.other?.value).toBe(1);
  });

  it.each<[string, (writer: Hdf5Writer) => void, string]>([
    [
      "above 64 KiB",
      ({ root }) => root.setAttribute("a", new Uint8Array(65_536)),
      "HDF5_ATTRIBUTE_TOO_LARGE",
    ],
    ["without a name", ({ root }) => root.setAttribute("", 1), "HDF5_NAME_INVALID"],
    ["with NUL in the text", ({ root }) => root.setAttribute("a", "a\0b"), "HDF5_VALUE_UNFIT"],
    ["with half a surrogate", ({ root }) => root.setAttribute("a", "\ud800"), "HDF5_VALUE_UNFIT"],
    [
      "of another shape",
      ({ root }) => root.setAttribute("a", new Uint8Array(5), { shape: [2, 3] }),
      "HDF5_VALUE_UNFIT",
    ],
    [
      "that its kind cannot hold",
      ({ root }) => root.setAttribute("a", 256, { kind: "uint8" }),
      "HDF5_VALUE_UNFIT",
    ],
    [
      "of a fraction as bigint",
      ({ root }) => root.setAttribute("a", 1.5, { kind: "int64" }),
      "HDF5_VALUE_UNFIT",
    ],
    [
      "with an unknown option",
      ({ root }) => root.setAttribute("a", 1, { kinds: "int64" } as object),
      "HDF5_OPTION_UNKNOWN",
    ],
  ])("%s are refused, and nothing has changed", async (_name, work, code) => {
    const seen = await written((writer) => {
      let found: unknown;
      try {
        work(writer);
      } catch (error) {
        found = error;
      }
      expect(found).toMatchObject({ code });
    });
    expect(seen.attributes).toEqual({});
  });
});

describe("groups", () => {
  it("hold any names that HDF5 has, in groups of groups", async () => {
    const names = ["a", "ä", "🦆", "with space", "..", "x".repeat(300)];
    const seen = await written(({ root }) => {
      for (const name of names) root.createGroup(name).createGroup(name);
    });
    expect(Object.keys(seen.children ?? {}).sort()).toEqual([...names].sort());
    for (const name of names) expect(Object.keys(seen.children?.[name]?.children ?? {})).toEqual([name]);
  });

  it.each(["", ".", "a/b", "a\0", "x".repeat(1025), "\udc00"])("refuse the name %j", async (name) => {
    const vfs = new MemoryVfs();
    await using writer = await Hdf5Writer.create(vfs, "a.h5");
    expect(() => writer.root.createGroup(name)).toThrow(
      expect.objectContaining({ code: "HDF5_NAME_INVALID" }),
    );
  });

  it("refuse a name that is there", async () => {
    await using writer = await Hdf5Writer.create(new MemoryVfs(), "a.h5");
    writer.root.createGroup("a");
    const taken = expect.objectContaining({ code: "HDF5_NAME_TAKEN" });
    expect(() => writer.root.createDataset("a", { kind: "int8" })).toThrow(taken);
    await expect(writer.root.writeDataset("a", 1)).rejects.toThrow(taken);
  });

  it.each([31, 32, 33, 34, 300])("hold %d links, across checkpoints and in any order", async (count) => {
    // A permutation, so that names come neither sorted nor reversed.
    const names = Array.from({ length: count }, (_, i) => `n${(i * 7919) % 10_007}`);
    const seen = await written(async (writer) => {
      for (const [i, name] of names.entries()) {
        writer.root.createGroup(name).setAttribute("i", i, { kind: "int32" });
        if (i % 10 === 9) await writer.checkpoint();
      }
    });
    const found = Object.entries(seen.children ?? {}).map(([name, { attributes }]) => [
      name,
      attributes.i?.value,
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(names.map((name, i) => [name, i])));
  });

  it("hold ten thousand groups with attributes", async () => {
    const seen = await written(async (writer) => {
      const episodes = writer.root.createGroup("episodes");
      for (let i = 0; i < 10_000; i++) {
        const episode = episodes.createGroup(`episode_${String(i).padStart(5, "0")}`);
        episode.setAttribute("status", `complete ${i}`);
        episode.setAttribute("steps", i, { kind: "int32" });
        await episode.close();
        if (i % 2500 === 0) await writer.checkpoint();
      }
    });
    const episodes = Object.entries(seen.children?.episodes?.children ?? {});
    expect(episodes.length).toBe(10_000);
    for (const [i, [name, { attributes }]] of episodes.entries()) {
      if (name !== `episode_${String(i).padStart(5, "0")}`) expect.fail(`${name} at ${i}`);
      if (attributes.steps?.value !== i || attributes.status?.value !== `complete ${i}`) expect.fail(name);
    }
  });
});

describe("small datasets", () => {
  it("hold texts, numbers and arrays of any size", async () => {
    const big = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
    const seen = await written(async ({ root }) => {
      await root.writeDataset("text", "a".repeat(100_000));
      await root.writeDataset("texts", ["x", "", "ÿ"], { strings: "fixed" });
      await root.writeDataset("number", 3, { kind: "int32" });
      await root.writeDataset("big", big, { shape: [100, 100] });
      await root.writeDataset("none", new Int32Array(0));
      (await root.writeDataset("flags", [true, false, true])).setAttribute("units", "1");
    });
    const data = (name: string): unknown => seen.children?.[name]?.data;
    expect(data("text")).toEqual({ shape: [], value: "a".repeat(100_000) });
    expect(data("texts")).toEqual({ shape: [3], value: ["x", "", "ÿ"] });
    expect(data("number")).toEqual({ shape: [], value: 3 });
    expect(data("big")).toEqual({ shape: [100, 100], value: Array.from(big) });
    expect(data("none")).toEqual({ shape: [0], value: [] });
    expect(seen.children?.flags).toMatchObject({ attributes: { units: { value: "1" } } });
  });
});

describe("streamed datasets", () => {
  it.each(DATASET_KINDS)("of %s come back bit for bit", async (kind) => {
    const size = kind === "boolean" ? 1 : bytesPerElement(kind);
    const bytes = seededRandom(1).fill(new Uint8Array(7 * size));
    if (kind === "boolean") for (let i = 0; i < bytes.length; i++) bytes[i]! &= 1;
    const values = viewAs(kind === "boolean" ? "uint8" : kind, bytes.buffer, 0, 7);
    const seen = await written(async ({ root }) => {
      const data = root.createDataset<DatasetKind>("d", { kind, chunkRows: 3 });
      await data.append(values);
    });
    expect(seen.children?.d?.data).toEqual({ shape: [7], value: Array.from(values as Uint8Array) });
  });

  it("of several levels of the tree of chunks are whole", async () => {
    // 64 chunks a node: 64 * 64 + 70 chunks need three levels.
    const rows = 64 * 64 + 70;
    const seen = await written(async (writer) => {
      const data = writer.root.createDataset("d", {
        kind: "int32",
        chunkRows: 1,
        compression: "none",
        shuffle: false,
      });
      for (let i = 0; i < rows; i++) {
        await data.append(Int32Array.of(i));
        if ([63, 64, 65, 128, 4095, 4096, 4097].includes(i)) await writer.checkpoint();
      }
    });
    expect(seen.children?.d?.data?.value).toEqual(Array.from({ length: rows }, (_, i) => i));
  });

  it.each([63, 64, 65, 4095, 4096, 4097])("of %d chunks are whole", async (chunks) => {
    const seen = await written(async ({ root }) => {
      const data = root.createDataset("d", {
        kind: "uint16",
        rowShape: [2],
        chunkRows: 1,
        compression: "none",
      });
      await data.append(Uint16Array.from({ length: 2 * chunks }, (_, i) => i));
    });
    expect(seen.children?.d?.data?.value).toEqual(Array.from({ length: 2 * chunks }, (_, i) => i));
  });

  it("take appends that are not awaited in their order", async () => {
    const seen = await written(async (writer) => {
      const data = writer.root.createDataset("d", { kind: "uint32", chunkRows: 10 });
      const all = [];
      for (let i = 0; i < 500; i++) {
        all.push(data.append(Uint32Array.of(2 * i, 2 * i + 1)));
        if (i % 100 === 50) all.push(writer.checkpoint());
      }
      await Promise.all(all);
    });
    expect(seen.children?.d?.data?.value).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it("refuse rows of another kind or length, and take nothing of them", async () => {
    const seen = await written(async ({ root }) => {
      const data = root.createDataset("d", { kind: "float32", rowShape: [3] });
      await data.append(new Float32Array(3));
      const wrongKind = data.append(new Float64Array(3) as unknown as Float32Array);
      await expect(wrongKind).rejects.toMatchObject({ code: "HDF5_DATA_KIND" });
      await expect(data.append(new Float32Array(4))).rejects.toMatchObject({ code: "HDF5_DATA_LENGTH" });
      const flags = root.createDataset("flags", { kind: "boolean" });
      await expect(flags.append(Uint8Array.of(0, 2))).rejects.toMatchObject({ code: "HDF5_DATA_BOOLEAN" });
    });
    expect(seen.children?.d?.data?.value).toEqual([0, 0, 0]);
    expect(seen.children?.flags?.data?.shape).toEqual([0]);
  });

  it.each<[object, string]>([
    [{ kind: "float16" }, "HDF5_OPTION_VALUE"],
    [{ kind: "int8", chunkRows: -1 }, "HDF5_OPTION_RANGE"],
    [{ kind: "int8", chunkRows: 2 ** 29 }, "HDF5_OPTION_RANGE"],
    [{ kind: "int8", rowShape: [0] }, "HDF5_OPTION_RANGE"],
    [{ kind: "int8", compression: { deflate: 10 } }, "HDF5_OPTION_RANGE"],
    [{ kind: "int8", compression: "gzip" }, "HDF5_OPTION_VALUE"],
    [{ kind: "int8", shuffle: 1 }, "HDF5_OPTION_VALUE"],
    [{ kind: "int8", shufle: true }, "HDF5_OPTION_UNKNOWN"],
  ])("refuse the options %j", async (options, code) => {
    await using writer = await Hdf5Writer.create(new MemoryVfs(), "a.h5");
    expect(() => writer.root.createDataset("d", options as { kind: "int8" })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("hold a bounded number of buffers over a long stream, and let go of them", async () => {
    const vfs = new MemoryVfs();
    await using writer = await Hdf5Writer.create(vfs, "a.h5", {
      checkpointBytes: 100_000,
      maxChunksInFlight: 3,
    });
    const data = writer.root.createDataset("d", { kind: "float64", chunkRows: 1024 });
    const rows = new Float64Array(1000).map((_, i) => Math.sin(i));
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      await data.append(rows);
      most = Math.max(most, writer.stats().pool.outstandingBytes);
    }
    const { pool, mostChunksInFlight, checkpoints } = writer.stats();
    expect(mostChunksInFlight).toBe(3);
    expect(checkpoints).toBeGreaterThan(10);
    // Each chunk in flight has its buffer and a shuffled one; one more is being filled.
    expect(most).toBeLessThanOrEqual(7 * 8192);
    expect(pool.misses).toBeLessThanOrEqual(8);
    await data.close();
    await writer.checkpoint();
    expect(writer.stats().pool.outstandingBytes).toBe(0);
  });
});

describe("closing", () => {
  it("ends all use, twice too", async () => {
    const writer = await Hdf5Writer.create(new MemoryVfs(), "a.h5");
    const group = writer.root.createGroup("g");
    const data = group.createDataset("d", { kind: "int8" });
    await group.close();
    await group.close();
    expect(() => group.createGroup("x")).toThrow(expect.objectContaining({ code: "HDF5_OBJECT_CLOSED" }));
    await expect(data.append(new Int8Array(1))).rejects.toMatchObject({ code: "HDF5_OBJECT_CLOSED" });
    await writer.close();
    await writer.close();
    expect(() => writer.root.setAttribute("a", 1)).toThrow(
      expect.objectContaining({ code: "HDF5_WRITER_CLOSED" }),
    );
    await expect(writer.checkpoint()).rejects.toMatchObject({ code: "HDF5_WRITER_CLOSED" });
  });

  it("keeps what closed objects held, while others go on", async () => {
    const seen = await written(async (writer) => {
      const first = writer.root.createGroup("first");
      const data = first.createDataset("d", { kind: "int32", chunkRows: 4 });
      const appended = data.append(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
      await first.close();
      await appended;
      await writer.checkpoint();
      for (let i = 0; i < 40; i++) {
        writer.root.createGroup(`g${i}`);
        await writer.checkpoint();
      }
    });
    expect(seen.children?.first?.children?.d?.data?.value).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Object.keys(seen.children ?? {}).length).toBe(41);
  });
});

describe("creating", () => {
  it("refuses a file that exists", async () => {
    const vfs = new MemoryVfs();
    await (await Hdf5Writer.create(vfs, "a.h5")).close();
    await expect(Hdf5Writer.create(vfs, "a.h5")).rejects.toMatchObject({ code: "FILES_EXISTS" });
  });

  it.each([{ durability: "paper" }, { checkpointBytes: -1 }, { maxChunksInFlight: 0 }, { flush: 1 }])(
    "refuses the options %j",
    async (options) => {
      const vfs = new MemoryVfs();
      await expect(Hdf5Writer.create(vfs, "a.h5", options as object)).rejects.toThrow(/hdf5/);
      expect(await vfs.exists("a.h5")).toBe(false);
    },
  );
});
