import { writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { hasH5py, hasTools, PYTHON, run } from "./helpers.ts";

let directory: TempDirectory;
let path: string;

beforeAll(async () => {
  directory = tempDirectory();
  path = `${directory.path}/a.h5`;
  await using writer = await Hdf5Writer.create(diskVfs, path, { checkpointBytes: 10_000 });
  const { root } = writer;
  root.setAttribute("text", "Zürich 🦆");
  root.setAttribute("empty", "");
  root.setAttribute("texts", ["a", "", "ccc"]);
  root.setAttribute("fixed", "ÿes", { strings: "fixed" });
  root.setAttribute("yes", true);
  root.setAttribute("wide", -(2n ** 63n));
  root.setAttribute("none", new Float32Array(0));
  const noise = seededRandom(1).fill(new Uint8Array(80_000));
  const data = root.createGroup("g").createDataset("noise", {
    kind: "int32",
    rowShape: [5, 2],
    chunkRows: 7,
    fletcher32: true,
  });
  const values = new Int32Array(noise.buffer, 0, 20_000);
  for (let i = 0; i < 20_000; i += 250) await data.append(values.subarray(i, i + 250));
  data.setAttribute("units", "mV");
  const plain = root.createDataset("plain", {
    kind: "float32",
    chunkRows: 16,
    compression: "none",
    shuffle: false,
  });
  await plain.append(Float32Array.from({ length: 1000 }, (_, i) => i / 8));
  const bits = root.createDataset("bits", { kind: "boolean" });
  await bits.append(Uint8Array.of(1, 0, 1));
  root.createDataset("never", { kind: "uint64" });
  await root.writeDataset("json", '{"a": 1}');
  await root.writeDataset("names", ["x", "", "zz"]);
  await root.writeDataset(
    "big",
    Uint16Array.from({ length: 10_000 }, (_, i) => i),
    { shape: [100, 100] },
  );
  const many = root.createGroup("many");
  for (let i = 0; i < 2000; i++) {
    many.createGroup(`e${i}`).setAttribute("i", i, { kind: "int32" });
    if (i % 500 === 0) await writer.checkpoint();
  }
  writeFileSync(`${directory.path}/noise`, noise.subarray(0, 80_000));
});

afterAll(() => directory[Symbol.dispose]());

describe.skipIf(!hasTools)("the HDF5 tools", () => {
  it("dump it: h5dump gives the values", () => {
    const out = run("h5dump", ["-d", "/plain", "-y", path]);
    const numbers = out.slice(out.indexOf("DATA {") + 6, out.lastIndexOf("}\n}")).match(/[\d.]+/g)!;
    expect(numbers.map(Number)).toEqual(Array.from({ length: 1000 }, (_, i) => i / 8));
  });

  it("list it: h5ls shows every object, its filters and its chunks", () => {
    const lines = run("h5ls", ["-r", path]).trim().split("\n");
    expect(lines.length).toBe(1 + 1 + 1 + 1 + 2000 + 6);
    const noise = run("h5ls", ["-v", `${path}/g/noise`]);
    expect(noise).toMatch(/Chunks: +\{7, 5, 2\} 280 bytes/);
    expect(noise).toMatch(/shuffle-2 OPT \{4\}[\s\S]*deflate-1 OPT \{1\}[\s\S]*fletcher32-3/);
    expect(noise).toMatch(/Dataset \{2000\/Inf, 5\/5, 2\/2\}/);
  });

  it("count it: h5stat goes through all of its metadata", () => {
    const out = run("h5stat", [path]);
    expect(out).toMatch(/unique groups: 2003/);
    expect(out).toMatch(/unique datasets: 7/);
  });

  it.each(["", "-f GZIP=6", "-l CONTI", "-L"])("repack it (%s), and find no difference", (given) => {
    const repacked = `${directory.path}/repacked${given}.h5`;
    run("h5repack", [...given.split(" ").filter(Boolean), path, repacked]);
    // h5diff fails when it finds a difference; what it cannot compare it only tells.
    const told = run("h5diff", ["-c", path, repacked]);
    expect(told.trim()).toBe("Not comparable: </never> or </never> is an empty dataset");
  });
});

describe.skipIf(!hasH5py)("h5py", () => {
  const SCRIPT = `
import sys, json, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
noise = np.fromfile(sys.argv[2], "<i4").reshape(-1, 5, 2)
assert np.array_equal(f["g/noise"][()], noise)
assert f["g/noise"].maxshape == (None, 5, 2) and f["g/noise"].fletcher32 and f["g/noise"].shuffle
assert np.array_equal(f["g/noise"][1000:1003], noise[1000:1003])
assert np.array_equal(f["big"][()], np.arange(10000, dtype="<u2").reshape(100, 100))
many = f["many"]
assert len(many) == 2000 and all(many["e%d" % i].attrs["i"] == i for i in range(2000))
assert f["bits"].dtype == bool and f["bits"][()].tolist() == [True, False, True]
assert f["never"].shape == (0,) and f["never"].dtype == "<u8"
a = f.attrs
print(json.dumps({
  "text": a["text"], "empty": a["empty"], "texts": a["texts"].tolist(), "fixed": a["fixed"].decode(),
  "yes": bool(a["yes"]), "wide": str(a["wide"]), "none": list(a["none"].shape), "units": f["g/noise"].attrs["units"],
  "json": f["json"][()].decode(), "names": [n.decode() for n in f["names"][()]],
}))
`;

  it("reads all of it", () => {
    expect(JSON.parse(run(PYTHON, ["-c", SCRIPT, path, `${directory.path}/noise`]))).toEqual({
      text: "Zürich 🦆",
      empty: "",
      texts: ["a", "", "ccc"],
      fixed: "ÿes",
      yes: true,
      wide: "-9223372036854775808",
      none: [0],
      units: "mV",
      json: '{"a": 1}',
      names: ["x", "", "zz"],
    });
  });

  it("appends to it, and changes it: a finished file is as any other", () => {
    const copy = `${directory.path}/changed.h5`;
    const script = `
import sys, shutil, h5py, numpy as np
shutil.copy(sys.argv[1], sys.argv[2])
f = h5py.File(sys.argv[2], "r+")
d = f["g/noise"]
before = d[()]
d.resize(2100, axis=0)
d[2000:] = 7
for i in range(100): f["many"].create_group("new%d" % i)
del f["many/e5"]
f.attrs["later"] = "x" * 100
f["never"].resize(5, axis=0)
f["never"][:] = 3
f.close()
f = h5py.File(sys.argv[2], "r")
assert np.array_equal(f["g/noise"][:2000], before) and (f["g/noise"][2000:] == 7).all()
assert len(f["many"]) == 2099 and "new99" in f["many"] and f.attrs["later"] == "x" * 100
assert f["never"][()].tolist() == [3] * 5
`;
    run(PYTHON, ["-c", script, path, copy]);
  });
});
