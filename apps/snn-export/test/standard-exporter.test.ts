import { execFileSync } from "node:child_process";
import { MemoryVfs } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StandardDataExporter, type StandardExporterOptions } from "../src/h5wasm.ts";
import { DataExporter, ExperimentLoader, type ExporterOptions, quickLoad } from "../src/index.ts";
import { checkSteps, entryOf, hasH5py, NEURONS, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const openStandard = (options: StandardExporterOptions = {}): StandardDataExporter =>
  new StandardDataExporter("run", { outputDirectory: directory.path, git: false, ...options });

function record(exporter: DataExporter): string {
  exporter.saveConfig({ n: NEURONS });
  for (let id = 0; id < 3; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < 50; timestep++) exporter.log(entryOf(timestep));
    exporter.endEpisode({ success: id > 0, summary: { id } });
  }
  exporter.saveCheckpoint("end", { w: Float32Array.of(1) });
  exporter.close();
  return exporter.path;
}

describe("the exporter through libhdf5", () => {
  it.each<[ExporterOptions, string]>([
    [{ liveReading: true }, 'liveReading: got true, expected backend "hdf5"'],
    [{ asyncWrite: true }, 'asyncWrite: got true, expected backend "hdf5"'],
    [{ compression: "lzf" }, '"gzip" or "none" for backend "h5wasm"'],
    [{ vfs: new MemoryVfs() }, "diskVfs"],
    [{ backend: "zarr" }, "none beside sink"],
  ])("refuses %o by name", (options, message) => {
    expect(() => openStandard(options)).toThrow(message);
  });

  it.each<StandardExporterOptions>([{}, { compression: "none" }])(
    "%o records every step",
    async (options) => {
      const exporter = openStandard({ neuralSamplingRate: 2, chunkBytes: 4096, ...options });
      exporter.startEpisode({ neurons: NEURONS });
      for (let timestep = 0; timestep < 3000; timestep++) {
        exporter.log(entryOf(timestep));
        if (timestep === 1700) exporter.checkpoint();
      }
      exporter.endEpisode({ success: true });
      exporter.close();
      expect(await checkSteps(exporter.path)).toEqual([3000]);
    },
  );

  it("stores the same as our own writer", async () => {
    const ours = await quickLoad(
      record(new DataExporter("run", { outputDirectory: directory.path, git: false })),
    );
    const standard = await quickLoad(record(openStandard()));
    expect(standard.episodes).toEqual(ours.episodes);
    expect(standard.config).toEqual(ours.config);
    expect(Object.keys(standard.attributes).sort()).toEqual(Object.keys(ours.attributes).sort());
  });
});

it("the package itself does not load libhdf5", () => {
  const index = new URL("../src/index.ts", import.meta.url).href;
  const program = `
    import { registerHooks } from "node:module";
    let asked = 0;
    registerHooks({ resolve(name, context, next) { if (name.startsWith("h5wasm")) asked++; return next(name, context); } });
    await import(${JSON.stringify(index)});
    console.log("main", asked);
    await import(${JSON.stringify(index.replace("index.ts", "h5wasm.ts"))});
    console.log("own entry", asked);`;
  const flags = ["--conditions=@millrace/source", "--input-type=module", "--no-warnings", "-e", program];
  const printed = execFileSync(process.execPath, flags, { encoding: "utf8" });
  expect(printed).toBe("main 0\nown entry 1\n");
});

describe("the loader through libhdf5", () => {
  it("reads the same as our own reader", async () => {
    const path = record(new DataExporter("run", { outputDirectory: directory.path, git: false }));
    expect(await quickLoad(path, { reader: "h5wasm" })).toEqual(await quickLoad(path));
  });

  it.skipIf(!hasH5py)("reads what our own reader refuses", async () => {
    const path = record(
      new DataExporter("run", { outputDirectory: directory.path, git: false, compression: "none" }),
    );
    // Of all the filters of libhdf5, scale-offset is one that we do not have.
    const program = `
import h5py, sys
with h5py.File(sys.argv[1], "r+") as f:
    name = "episodes/episode_0001/spikes/ids"
    ids = f[name][:]
    attributes = dict(f[name].attrs)
    del f[name]
    new = f.create_dataset(name, data=ids, chunks=(64,), scaleoffset=0)
    new.attrs.update(attributes)`;
    const expected = (await quickLoad(path)).episodes;
    execFileSync(PYTHON, ["-c", program, path]);
    await expect(quickLoad(path)).rejects.toThrow(/HDF5_UNSUPPORTED_FILTER|filter/);
    expect((await quickLoad(path, { reader: "h5wasm" })).episodes).toEqual(expected);
  });

  it("is refused for another file system than the disk's", async () => {
    await expect(ExperimentLoader.open("run.h5", { reader: "h5wasm", vfs: new MemoryVfs() })).rejects.toThrow(
      "diskVfs",
    );
  });
});
