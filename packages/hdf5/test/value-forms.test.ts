import { writeFileSync } from "node:fs";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { bytesOf, hasH5py, hasTools, PYTHON, readImage, run } from "./helpers.ts";

const TEXTS = { one: "ä", none: "", list: ["a", "bc", ""], empty: [] } as const;
const WAYS = ["fixed", "variable"] as const;

/** Texts as single values, lists and empty lists, in attributes and datasets; and numbers that are not there. */
async function written(): Promise<Uint8Array> {
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "a.h5");
  for (const strings of WAYS) {
    for (const [name, value] of Object.entries(TEXTS)) {
      writer.root.setAttribute(`${strings} ${name}`, value, { strings });
      await writer.root.writeDataset(`${strings} ${name}`, value, { strings });
    }
  }
  await writer.root.writeDataset("no numbers", new Float32Array(0), { shape: [0, 3] });
  await writer.close();
  return bytesOf(vfs, "a.h5");
}

describe("texts and empty values", () => {
  it("are read by libhdf5", async () => {
    const { attributes, children } = readImage(await written());
    for (const strings of WAYS) {
      for (const [name, value] of Object.entries(TEXTS)) {
        expect(attributes[`${strings} ${name}`]?.value, name).toEqual(value);
        expect(children?.[`${strings} ${name}`]?.data?.value, name).toEqual(value);
      }
    }
    expect(children?.["no numbers"]?.data).toEqual({ shape: [0, 3], value: [] });
  });

  it.skipIf(!hasH5py)("are read by h5py as texts in UTF-8", async () => {
    using directory = tempDirectory();
    const path = `${directory.path}/a.h5`;
    writeFileSync(path, await written());
    const script = `
import sys, h5py
f = h5py.File(sys.argv[1], "r")
plain = lambda x: x.decode() if isinstance(x, bytes) else x
for strings in ["fixed", "variable"]:
    for name, value in {"one": "ä", "none": "", "list": ["a", "bc", ""], "empty": []}.items():
        d = f[strings + " " + name]
        t = h5py.check_string_dtype(d.dtype)
        assert t.encoding == "utf-8" and (t.length is None) == (strings == "variable")
        for got in [d[()], f.attrs[strings + " " + name]]:
            got = [plain(x) for x in got] if isinstance(value, list) else plain(got)
            assert got == value, (strings, name, got)
assert f["no numbers"].shape == (0, 3)
`;
    run(PYTHON, ["-c", script, path]);
    if (hasTools) expect(run("h5dump", [path])).toMatch(/DATASET "variable list"[\s\S]*\(0\): "a", "bc", ""/);
  });
});
