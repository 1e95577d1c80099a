import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import type { ElementKind } from "@millrace/buffers";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { COUNT, compareScript, valuesOf, writeAll } from "./filtered-file.ts";
import { bytesOf, hasH5py, hasTools, PYTHON, readImage, run } from "./helpers.ts";

/** Debian's hdf5-plugin-lzf gives the filter to h5dump and h5repack; it is not linked to liblzf1, which it needs. */
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";
const LZF_ENVIRONMENT = [
  `HDF5_PLUGIN_PATH=${LIBRARIES}/hdf5/serial/plugins`,
  `LD_PRELOAD=${LIBRARIES}/liblzf.so.1`,
] as const;
const hasLzfPlugin =
  existsSync(`${LIBRARIES}/hdf5/serial/plugins/liblzf_filter.so`) && existsSync(`${LIBRARIES}/liblzf.so.1`);
const hasZstd = spawnSync("zstd", ["--version"]).status === 0;

describe.skipIf(!hasH5py)("h5py reads", () => {
  it.each([
    ["none", "none", "[(2, (2,)), (3, ())] [0]"],
    ["deflate", { deflate: 6 }, "[(2, (2,)), (1, (6,)), (3, ())] [0]"],
    // The noisy chunks are stored as they are; the filter is the first or the second.
    ["lzf", { lzf: true }, "[(2, (2,)), (32000, (4, 261, 1200)), (3, ())] [0, 1, 2]"],
  ] as const)("what was written with %s, and its parameters", async (_name, compression, expected) => {
    using directory = tempDirectory();
    await writeAll(directory.path, compression);
    expect(run(PYTHON, ["-c", compareScript(), directory.path]).replaceAll("b'", "'").trim()).toBe(
      expected.replace("(2, (2,))", "(2, (2,))"),
    );
  });

  it.skipIf(!hasZstd)("chunks of zstd as one frame each, whose header has the size", async () => {
    using directory = tempDirectory();
    await writeAll(directory.path, { zstd: 5 });
    const script = `
import sys, h5py
f = h5py.File(sys.argv[1] + "/a.h5", "r")
open(sys.argv[1] + "/chunk.zst", "wb").write(f["float32-false-false"].id.read_direct_chunk((0, 0))[1])`;
    run(PYTHON, ["-c", script, directory.path]);
    expect(run("zstd", ["-lv", `${directory.path}/chunk.zst`])).toMatch(/Decompressed Size: .*\(2400 B\)/);
    run("zstd", ["-dq", `${directory.path}/chunk.zst`, "-o", `${directory.path}/chunk`]);
    run("cmp", ["-n", "2400", `${directory.path}/chunk`, `${directory.path}/float32`]);
  });
});

describe.skipIf(!hasTools)("the HDF5 tools", () => {
  it("name the filters that they do not have", async () => {
    using directory = tempDirectory();
    await writeAll(directory.path, { lzf: true });
    expect(run("h5dump", ["-pH", "-d", "/int16-true-true", `${directory.path}/a.h5`])).toMatch(
      /FILTER_ID 32000\s+COMMENT lzf\s+PARAMS { 4 261 1200 }/,
    );
  });
});

describe.skipIf(!(hasTools && hasLzfPlugin))("the HDF5 tools with hdf5-plugin-lzf", () => {
  it("read LZF and repack it to what h5diff finds equal", async () => {
    using directory = tempDirectory();
    await writeAll(directory.path, { lzf: true });
    const [ours, plain] = [`${directory.path}/a.h5`, `${directory.path}/plain.h5`];
    run("env", [...LZF_ENVIRONMENT, "h5repack", "-f", "NONE", ours, plain]);
    expect(run("h5dump", ["-pH", "-d", "/int16-true-true", plain])).not.toContain("lzf");
    const differences = run("env", [...LZF_ENVIRONMENT, "h5diff", "-v", ours, plain]);
    expect(differences.match(/^0 differences found/gm)?.length).toBeGreaterThan(15);
    expect(differences).not.toMatch(/[1-9]\d* differences found|not comparable/i);
  });
});

describe("libhdf5", () => {
  it.each(["none", { deflate: 9, strategy: "default" }] as const)("reads %j", async (compression) => {
    using directory = tempDirectory();
    await writeAll(directory.path, compression);
    const children = readImage(await bytesOf(diskVfs, `${directory.path}/a.h5`)).children!;
    expect(Object.keys(children).length).toBe(16);
    for (const [name, { data }] of Object.entries(children)) {
      expect(data?.value).toEqual(
        Array.from(valuesOf(name.split("-")[0] as ElementKind, COUNT) as Uint8Array),
      );
    }
  });
});

describe("a file that is reopened", () => {
  it.each([{ zstd: 1 }, { lzf: true }, { deflate: 1 }, "none"] as const)(
    "goes on in the middle of a chunk of %j, plain or not",
    async (compression) => {
      for (const noisy of [false, true]) {
        const vfs = new MemoryVfs();
        const values = seededRandom(2).fill(new Uint8Array(3000));
        if (!noisy) values.fill(7);
        for (const part of [values.subarray(0, 1024), values.subarray(1024)]) {
          const isNew = part.byteOffset === 0;
          const writer = isNew ? Hdf5Writer.createSync(vfs, "a.h5") : Hdf5Writer.reopenSync(vfs, "a.h5");
          const options = { kind: "int16", chunkRows: 400, compression, fletcher32: true } as const;
          const data = isNew
            ? writer.root.createDataset("d", options)
            : writer.root.openDatasetSync("d", "int16");
          data.appendSync(new Int16Array(part.slice().buffer));
          writer.closeSync();
        }
        const again = Hdf5Writer.reopenSync(vfs, "a.h5");
        expect(again.root.openDatasetSync("d", "int16").rows).toBe(1500);
        again.closeSync();
        if (compression === "none" || "deflate" in compression) {
          const expected = Array.from(new Int16Array(values.buffer));
          expect(readImage(await bytesOf(vfs, "a.h5")).children?.d?.data?.value).toEqual(expected);
        }
      }
    },
  );
});

it("the options that choose a filter are checked", () => {
  using writer = Hdf5Writer.createSync(new MemoryVfs(), "a.h5");
  const create = (compression: unknown): unknown =>
    writer.root.createDataset("d", { kind: "int8", compression: compression as "none" });
  expect(() => create({ zstd: 0 })).toThrow(expect.objectContaining({ code: "HDF5_OPTION_RANGE" }));
  expect(() => create({ zstd: 23 })).toThrow(expect.objectContaining({ code: "HDF5_OPTION_RANGE" }));
  expect(() => create({ zstd: 3, strategy: "rle" })).toThrow(/strategy/);
  expect(() => create({ lzf: false })).toThrow(/\{ lzf: true \}/);
  expect(() => create({ gzip: 1 })).toThrow(/\{ zstd: 3 \}/);
});
