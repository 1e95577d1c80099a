import { spawnSync } from "node:child_process";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Hdf5Reader, Hdf5Writer } from "../src/index.ts";

const SORTING = { none: 0, by_id: 1, by_time: 2 };
const hasH5py = spawnSync("/usr/bin/python3", ["-c", "import h5py"]).status === 0;

describe("an enumeration", () => {
  it("is read as its number, and says its names", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    writer.root.setAttribute("sorting", 2, { kind: "uint8", members: SORTING });
    writer.root.setAttribute("wide", -1, { kind: "int32", members: { exactly8: -1, other: 70_000 } });
    await writer.close();
    await using reader = await Hdf5Reader.open(vfs, "a.h5");
    expect(reader.root.attributes.get("sorting")).toBe(2);
    expect(reader.root.attributes.info("sorting")?.type).toMatchObject({ kind: "enum" });
    expect(reader.root.attributes.get("wide")).toBe(-1);
  });

  it.skipIf(!hasH5py)("is h5py's enum of the same names", async () => {
    using directory = tempDirectory();
    const path = `${directory.path}/a.h5`;
    const writer = await Hdf5Writer.create(diskVfs, path);
    writer.root.setAttribute("sorting", 2, { kind: "uint8", members: SORTING });
    await writer.close();
    const script = `import h5py, json, sys
t = h5py.File(sys.argv[1])["/"].attrs.get_id("sorting").dtype
print(t.base if t.base is not None else t, json.dumps(h5py.check_enum_dtype(t)))`;
    const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", script, path], { encoding: "utf8" });
    expect(`${stdout}${stderr}`.trim()).toBe('uint8 {"none": 0, "by_id": 1, "by_time": 2}');
  });

  it.each([
    [3, { kind: "uint8", members: SORTING }],
    ["by_time", { kind: "uint8", members: SORTING }],
    [1, { kind: "float32", members: SORTING }],
    [1, { kind: "uint8", members: {} }],
    [1, { kind: "uint8", members: { one: 1, many: 256 } }],
  ] as const)("refuses %s with %j", async (value, options) => {
    const writer = await Hdf5Writer.create(new MemoryVfs(), "a.h5");
    expect(() => writer.root.setAttribute("a", value, options)).toThrow(
      expect.objectContaining({ code: "HDF5_VALUE_UNFIT" }),
    );
    await writer.close();
  });
});
