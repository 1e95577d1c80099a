import { seededRandom } from "@millrace/base";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Hdf5Table, Hdf5Writer, objectReference, type TableRows } from "../src/index.ts";
import { bytesOf, hasH5py, hasTools, PYTHON, readImage, run } from "./helpers.ts";

const EVENTS = { x: "uint16", y: "uint16", p: "int16", t: "int64" } as const;
/** Widths in an order that needs gaps, and each kind of element once. */
const MIXED = { on: "boolean", b: "float64", c: "int8", d: "float32", e: "uint64", f: "uint8" } as const;
const COUNT = 5000;

function events(from: number, end: number): TableRows<typeof EVENTS> {
  const rows = Array.from({ length: end - from }, (_, i) => from + i);
  return {
    x: Uint16Array.from(rows, (i) => (i * 7) % 640),
    y: Uint16Array.from(rows, (i) => (i * 11) % 480),
    p: Int16Array.from(rows, (i) => i & 1),
    t: BigInt64Array.from(rows, (i) => BigInt(i) * 10_000_000_000n),
  };
}

function mixed(from: number, end: number): TableRows<typeof MIXED> {
  const random = seededRandom(from + 1);
  const count = end - from;
  return {
    on: Uint8Array.from({ length: count }, () => random.nextInt(0, 1)),
    b: Float64Array.from({ length: count }, (_, i) => (from + i) / 3),
    c: Int8Array.from({ length: count }, (_, i) => -i),
    d: Float32Array.from({ length: count }, (_, i) => i / 8),
    e: BigUint64Array.from({ length: count }, (_, i) => 2n ** 64n - 1n - BigInt(i)),
    f: Uint8Array.from({ length: count }, (_, i) => i),
  };
}

let directory: TempDirectory;
let path: string;

beforeAll(async () => {
  directory = tempDirectory();
  path = `${directory.path}/a.h5`;
  const writer = await Hdf5Writer.create(diskVfs, path, { checkpointBytes: 20_000 });
  const cd = writer.root.createGroup("CD");
  const table = cd.createTable("events", { columns: EVENTS, chunkRows: 1500 });
  table.setAttribute("units", "us");
  for (let i = 0; i < COUNT; i += 1250) {
    if (i === 1250) await table.append(events(i, i + 1250));
    else table.appendSync(events(i, i + 1250));
  }
  const wide = cd.createTable("mixed", { columns: MIXED, chunkRows: 64, compression: { deflate: 4 } });
  wide.appendSync(mixed(0, 100));
  await wide.append(mixed(100, 130));
  cd.createTable("never", { columns: { a: "int8" } });
  await cd.writeDataset("fixed", { id: Uint32Array.of(1, 2, 3), ts: BigInt64Array.of(-1n, 0n, 1n) });
  cd.setAttribute("versions", { major: Uint8Array.of(1), minor: Uint16Array.of(5) }, { shape: [] });
  await writer.close();
});

afterAll(() => directory[Symbol.dispose]());

describe.skipIf(!hasH5py)("h5py", () => {
  it("reads tables column by column, with the offsets of a C struct", () => {
    const script = `
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
e = f["CD/events"]
assert str(e.dtype.fields) == "{'x': (dtype('uint16'), 0), 'y': (dtype('uint16'), 2), 'p': (dtype('int16'), 4), 't': (dtype('int64'), 8)}", e.dtype.fields
i = np.arange(${COUNT})
assert e.dtype.itemsize == 16 and e.maxshape == (None,) and e.shape == (${COUNT},) and e.shuffle
assert (e["x"] == i * 7 % 640).all() and (e["y"] == i * 11 % 480).all() and (e["p"] == i % 2).all()
assert (e["t"] == i * 10**10).all() and e.attrs["units"] == "us"
m = f["CD/mixed"][()]
assert m.dtype == np.dtype([("on", bool), ("b", "<f8"), ("c", "i1"), ("d", "<f4"), ("e", "<u8"), ("f", "u1")], align=True), m.dtype
assert (m["b"] == np.arange(130) / 3).all() and (m["e"][100:] == 2**64 - 1 - np.arange(30).astype("u8")).all()
assert (m["c"][100:] == -np.arange(30)).all() and m["on"].any() and not m["on"].all()
assert f["CD/never"].shape == (0,)
assert f["CD/fixed"][()].tolist() == [(1, -1), (2, 0), (3, 1)]
assert f["CD"].attrs["versions"].tolist() == (1, 5), f["CD"].attrs["versions"]
`;
    run(PYTHON, ["-c", script, path]);
  });
});

describe.skipIf(!hasTools)("the HDF5 tools", () => {
  it("dump tables, repack them, and find no difference", () => {
    const out = run("h5dump", ["-d", "/CD/events", "-c", "2", "-s", "3", path]);
    expect(out).toMatch(/H5T_STD_U16LE "x";[\s\S]*H5T_STD_I64LE "t";/);
    expect(out).toMatch(/\(3\): \{\s*21,\s*33,\s*1,\s*30000000000\s*\}/);
    const repacked = `${directory.path}/repacked.h5`;
    run("h5repack", ["-f", "/CD/events:GZIP=6", path, repacked]);
    const told = run("h5diff", ["-c", path, repacked, "/CD/events", "/CD/events"]);
    expect(told.trim()).toBe("");
  });
});

describe("libhdf5", () => {
  it("reads tables", async () => {
    const { fixed, events: found } = readImage(await bytesOf(diskVfs, path)).children!.CD!.children!;
    expect(fixed?.data?.value).toEqual([
      [1, -1n],
      [2, 0n],
      [3, 1n],
    ]);
    const rows = found?.data?.value as unknown[][];
    expect(rows.length).toBe(COUNT);
    const { x, y, p, t } = events(0, COUNT);
    expect(rows).toEqual(Array.from(x, (value, i) => [value, y[i], p[i], t[i]]));
  });
});

describe("a table", () => {
  const create = (): Hdf5Table<typeof EVENTS> =>
    Hdf5Writer.createSync(new MemoryVfs(), "a.h5").root.createTable("t", { columns: EVENTS });

  it("refuses columns that are missing, superfluous, of another kind or length, and appends nothing", async () => {
    const table = create();
    const good = events(0, 3);
    const bad = (change: object): never => ({ ...good, ...change }) as never;
    expect(() => table.appendSync({ x: good.x } as never)).toThrow(/expected x, y, p, t/);
    expect(() => table.appendSync(bad({ z: good.x }))).toThrow(
      expect.objectContaining({ code: "HDF5_DATA_COLUMNS" }),
    );
    expect(() => table.appendSync(bad({ x: good.p }))).toThrow(/column x .*uint16 values/);
    expect(() => table.appendSync(bad({ y: new Uint16Array(2) }))).toThrow(/column y .*3, as many/);
    await expect(table.append(bad({ y: new Uint16Array(2) }))).rejects.toMatchObject({
      code: "HDF5_DATA_LENGTH",
    });
    expect(table.rows).toBe(0);
    table.appendSync(events(0, 0));
    table.closeSync();
    expect(() => table.appendSync(events(0, 0))).toThrow(/closed/);
    await expect(table.append(good)).rejects.toThrow(/closed/);
  });

  it("refuses to be made without columns, or with kinds that there are not", () => {
    const { root } = Hdf5Writer.createSync(new MemoryVfs(), "a.h5");
    expect(() => root.createTable("t", { columns: {} })).toThrow(/1 to 1000/);
    expect(() => root.createTable("t", { columns: { a: "text" as "int8" } })).toThrow(/kind of column a/);
    expect(root.names).toEqual([]);
  });

  it("goes on after reopen in the middle of a chunk, by its columns only", async () => {
    const vfs = new MemoryVfs();
    {
      using writer = Hdf5Writer.createSync(vfs, "a.h5");
      writer.root.createTable("t", { columns: EVENTS, chunkRows: 8 }).appendSync(events(0, 13));
      writer.root.createDataset("d", { kind: "int8" });
    }
    {
      using writer = Hdf5Writer.reopenSync(vfs, "a.h5");
      const other = { code: "HDF5_KIND_OTHER" };
      await expect(writer.root.openTable("d", EVENTS)).rejects.toMatchObject(other);
      await expect(writer.root.openDataset("t", "uint8")).rejects.toMatchObject(other);
      await expect(writer.root.openTable("t", { ...EVENTS, p: "int8" })).rejects.toMatchObject(other);
      const table = await writer.root.openTable("t", EVENTS);
      expect(table.rows).toBe(13);
      table.appendSync(events(13, 40));
      await expect(writer.root.openTable("t", { x: "int8" })).rejects.toMatchObject(other);
      await expect(writer.root.openDataset("t", "uint8")).rejects.toMatchObject(other);
      expect(writer.root.openTableSync("t", EVENTS)).toBe(table);
    }
    const rows = readImage(await bytesOf(vfs, "a.h5")).children?.t?.data?.value as unknown[][];
    const { x, y, p, t } = events(0, 40);
    expect(rows).toEqual(Array.from(x, (value, i) => [value, y[i], p[i], t[i]]));
  });
});

describe("object references", () => {
  /** Where h5py sees each reference lead to. */
  const SCRIPT = `
import sys, json, h5py
f = h5py.File(sys.argv[1], "r")
out = {}
def see(name, obj):
    for key, value in obj.attrs.items():
        if isinstance(value, h5py.Reference): out[obj.name + "@" + key] = f[value].name
        elif getattr(value, "dtype", None) == h5py.ref_dtype: out[obj.name + "@" + key] = [f[one].name for one in value]
    if isinstance(obj, h5py.Dataset) and obj.dtype == h5py.ref_dtype:
        data = obj[()]
        out[obj.name] = f[data].name if obj.shape == () else [f[one].name for one in data]
see("/", f)
f.visititems(see)
print(json.dumps(out))
`;

  it.skipIf(!hasH5py)(
    "lead to where their objects are, after every checkpoint, in circles and to groups",
    () => {
      const file = `${directory.path}/references.h5`;
      const writer = Hdf5Writer.createSync(diskVfs, file, { checkpointBytes: 0 });
      const { root } = writer;
      const units = root.createGroup("units");
      const times = units.createDataset("spike_times", { kind: "float64", chunkRows: 10 });
      const index = units.writeDatasetSync("spike_times_index", Uint8Array.of(3));
      index.setAttribute("target", objectReference(times));
      root.setAttribute(".specloc", objectReference(units));
      // A circle: a child refers to the group above it.
      times.setAttribute("group", objectReference(units));
      root.writeDatasetSync("one", objectReference(index));
      root.writeDatasetSync("few", [objectReference(times), objectReference(units)]);
      const many = Array.from({ length: 200 }, () => objectReference(times));
      root.writeDatasetSync("many", many);
      const expected = {
        "/@.specloc": "/units",
        "/few": ["/units/spike_times", "/units"],
        "/many": many.map(() => "/units/spike_times"),
        "/one": "/units/spike_times_index",
        "/units/spike_times@group": "/units",
        "/units/spike_times_index@target": "/units/spike_times",
      };
      const check = (): void => {
        writer.checkpointSync();
        expect(JSON.parse(run(PYTHON, ["-c", SCRIPT, file]))).toEqual(expected);
      };
      check();
      times.appendSync(new Float64Array(25));
      check();
      // What refers is closed before what it refers to.
      index.closeSync();
      check();
      times.appendSync(new Float64Array(25));
      check();
      times.closeSync();
      check();
      units.createGroup("later");
      check();
      units.closeSync();
      check();
      root.createGroup("last");
      writer.closeSync();
      expect(JSON.parse(run(PYTHON, ["-c", SCRIPT, file]))).toEqual(expected);
      if (hasTools) {
        run("h5repack", [file, `${file}.repacked`]);
        expect(run("h5diff", ["-c", file, `${file}.repacked`]).trim()).toBe("");
      }
    },
  );

  it("are refused to the root, to closed objects and to those of other files", () => {
    const { root } = Hdf5Writer.createSync(new MemoryVfs(), "a.h5");
    const other = Hdf5Writer.createSync(new MemoryVfs(), "a.h5").root.createGroup("g");
    const closed = root.createGroup("closed");
    closed.closeSync();
    const set = (target: typeof root): void => root.setAttribute("a", objectReference(target));
    expect(() => set(root)).toThrow(/not the root/);
    expect(() => set(other)).toThrow(/of the same file/);
    expect(() => set({} as typeof root)).toThrow(/of the same file/);
    expect(() => set(closed)).toThrow(/closed/);
  });

  it("keep what they lead to as it is, once a file is reopened", async () => {
    const vfs = new MemoryVfs();
    {
      using writer = Hdf5Writer.createSync(vfs, "a.h5");
      const group = writer.root.createGroup("g");
      const data = group.createDataset("d", { kind: "int8" });
      group.createDataset("e", { kind: "int8" });
      writer.root.setAttribute("target", objectReference(data));
    }
    using writer = Hdf5Writer.reopenSync(vfs, "a.h5");
    const group = writer.root.openGroupSync("g");
    expect(() => group.openDatasetSync("d", "int8")).toThrow(
      expect.objectContaining({ code: "HDF5_OBJECT_REFERENCED" }),
    );
    group.openDatasetSync("e", "int8").appendSync(Int8Array.of(1));
    writer.checkpointSync();
  });
});
