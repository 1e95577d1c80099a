import { spawnSync } from "node:child_process";
import { diskVfs } from "@millrace/files";
import { pythonWithPackages, tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { ZarrWriter } from "../src/index.ts";

const python = pythonWithPackages(["zarr==3.1.6"]);

const SCRIPT = `
import sys, zarr, numpy as np
g = zarr.open_group(sys.argv[1], mode="r")
assert g.attrs["experiment_name"] == "demo"
e = g["episode_0000"]
assert sorted(name for name, _ in e.members()) == ["bits", "config", "names", "plain", "states", "wide"]
s = e["states"]
assert s.shape == (1000, 7) and s.dtype == "float32" and s.chunks == (32, 7) and s.shards == (128, 7), s.info
assert np.array_equal(s[:], np.arange(7000, dtype="f4").reshape(-1, 7)) and s.attrs["units"] == "mV"
assert s.metadata.dimension_names == ("time", "neuron")
assert np.array_equal(e["wide"][:], np.arange(100, dtype="u8") * 2**40)
assert np.array_equal(e["plain"][:], np.arange(100, dtype="i2")) and e["bits"][:].tolist() == [True, False]
assert e["config"][()] == '{"a": 1}', e["config"][()]
assert list(e["names"][:]) == ["x", "", "ü"]
print("read")
`;

it.skipIf(python === undefined)("zarr-python reads a store, shards, texts and all", () => {
  using directory = tempDirectory();
  const path = `${directory.path}/run.zarr`;
  {
    using writer = ZarrWriter.createSync(diskVfs, path, { durability: "os" });
    writer.root.setAttribute("experiment_name", "demo");
    const group = writer.root.createGroup("episode_0000");
    const states = group.createDataset("states", {
      kind: "float32",
      rowShape: [7],
      chunkRows: 32,
      shardChunks: 4,
      checksum: true,
      dimensionNames: ["time", "neuron"],
    });
    states.setAttribute("units", "mV");
    for (let i = 0; i < 1000; i++) states.appendSync(Float32Array.from({ length: 7 }, (_, k) => 7 * i + k));
    const wide = group.createDataset("wide", { kind: "uint64", compression: { gzip: 3 }, chunkRows: 30 });
    wide.appendSync(BigUint64Array.from({ length: 100 }, (_, i) => BigInt(i) << 40n));
    const plain = group.createDataset("plain", {
      kind: "int16",
      compression: "none",
      shardChunks: 1,
      chunkRows: 9,
    });
    plain.appendSync(Int16Array.from({ length: 100 }, (_, i) => i));
    group.createDataset("bits", { kind: "boolean" }).appendSync(Uint8Array.of(1, 0));
    group.writeDatasetSync("config", '{"a": 1}');
    group.writeDatasetSync("names", ["x", "", "ü"]);
  }
  const { status, stdout, stderr } = spawnSync(python!, ["-W", "ignore", "-c", SCRIPT, path], {
    encoding: "utf8",
  });
  expect(`${stdout}${status === 0 ? "" : stderr}`.trim()).toBe("read");
});
