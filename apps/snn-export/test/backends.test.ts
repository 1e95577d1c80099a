import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMillraceError } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { FaultyVfs, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, open, root } from "zarrita";
import { DataExporter, ExperimentLoader, type ExporterOptions } from "../src/index.ts";
import type { TreeGroup } from "../src/loader/run-tree.ts";
import { zarrStore } from "./convert-helpers.ts";
import { entryOf, NEURONS } from "./helpers.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const STEPS = 700;

/** Records the same run to any backend; returns its path. */
function record(backend: "hdf5" | "zarr" | "parquet", options: ExporterOptions = {}): string {
  const outputDirectory = join(directory.path, backend);
  const exporter = new DataExporter("same", {
    backend,
    outputDirectory,
    chunkBytes: 4096,
    git: false,
    ...options,
  });
  exporter.saveConfig({ rate: 0.1 });
  for (let id = 0; id < 2; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < STEPS; timestep++) {
      exporter.log(entryOf(timestep));
      if (timestep === 300) exporter.saveCheckpoint(`at_${id}`, { weights: Float64Array.of(1, 2) });
    }
    exporter.endEpisode({ success: true, summary: { id } });
  }
  exporter.close();
  return exporter.path;
}

/** Columns of the HDF5 file by their paths, with their numbers: what the other backends must hold too. */
function columnsOf(group: TreeGroup): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const name of group.names) {
    const node = group.get(name);
    if (node?.kind === "group") for (const [path, values] of columnsOf(node)) found.set(path, values);
    // Times of the clock differ from run to run.
    if (node?.kind === "column" && !node.path.endsWith("_time")) {
      found.set(node.path, Array.from(node.read(0, node.rows) as ArrayLike<number | bigint>, Number));
    }
  }
  return found;
}

describe("the same run to every backend", () => {
  let expected: Map<string, readonly number[]>;
  beforeAll(async () => {
    await using loader = await ExperimentLoader.open(record("hdf5"));
    expected = columnsOf(loader.root);
    expect(expected.size).toBeGreaterThan(30);
  });

  it.each(["gzip", "zstd", "none"] as const)(
    "Zarr with %s has the same numbers, says zarrita",
    async (compression) => {
      const path = record("zarr", { compression });
      expect(path).toMatch(/same_.*\.zarr$/);
      const store = root(zarrStore(path));
      const { attrs } = await open(store, { kind: "group" });
      expect(attrs).toMatchObject({
        format: "millrace-snn",
        n_neurons: NEURONS,
        episode_count: 2,
        compression,
      });
      for (const [column, values] of expected) {
        const { data } = await get(await open(store.resolve(column), { kind: "array" }));
        expect([column, Array.from(data as ArrayLike<number | bigint>, Number)]).toEqual([column, values]);
      }
      const text = await get(await open(store.resolve("config/json"), { kind: "array" }));
      expect(JSON.stringify(text)).toContain("rate");
    },
  );

  it("Parquet has the same numbers, says hyparquet, and the rest in manifests", async () => {
    const path = record("parquet");
    expect(path).toMatch(/same_.*\.parquet$/);
    for (const [column, values] of expected) {
      const bytes = new Uint8Array(readFileSync(`${path}${column}.parquet`));
      const rows = await parquetReadObjects({ file: bytes.buffer });
      expect([column, rows.flatMap((row) => Object.values(row).map(Number))]).toEqual([column, values]);
    }
    const manifest = (group: string) => JSON.parse(readFileSync(join(path, group, "manifest.json"), "utf8"));
    expect(manifest("").attributes).toMatchObject({
      format: "millrace-snn",
      episode_count: 2,
      compression: "none",
    });
    expect(manifest("").groups).toContain("episodes");
    expect(JSON.parse(manifest("config").texts.json)).toEqual({ rate: 0.1 });
    expect(manifest("episodes/episode_0001").attributes).toMatchObject({
      status: "complete",
      n_steps: STEPS,
    });
    expect(manifest("episodes/episode_0001/behavior/pose").tables.values).toEqual({
      file: "values.parquet",
      rows: STEPS,
      units: "1",
      description: "behavior.pose",
    });
    const names = readdirSync(path, { recursive: true }) as string[];
    expect(names.filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("what a backend cannot do is refused by name", () => {
  it.each([
    ["zarr", { liveReading: true }, "arrays of a Zarr store"],
    ["zarr", { asyncWrite: true }, "on one thread"],
    ["zarr", { compression: "lzf" }, '"gzip" or "zstd" or "none" for backend "zarr"'],
    ["parquet", { liveReading: true }, "only when it is finished"],
    ["parquet", { asyncWrite: true }, "on one thread"],
    ["parquet", { compression: "gzip" }, '"none" for backend "parquet"'],
  ] as const)("%s with %j", (backend, options, message) => {
    const outputDirectory = join(directory.path, "never");
    const make = () => new DataExporter("a", { backend, outputDirectory, ...options });
    expect(make).toThrow(expect.objectContaining({ code: "SNN_OPTION_VALUE" }));
    expect(make).toThrow(message);
    expect(diskVfs.existsSync(outputDirectory)).toBe(false);
  });
});

describe.each(["zarr", "parquet"] as const)("%s on a disk that fails", (backend) => {
  it("says so at every later call, and abandons without a trace", async () => {
    const vfs = new FaultyVfs(1);
    const exporter = new DataExporter("full", {
      backend,
      vfs,
      outputDirectory: "out",
      chunkBytes: 4096,
      git: false,
    });
    exporter.startEpisode({ neurons: NEURONS });
    vfs.failNth({ call: "write", n: 3, error: "ENOSPC", times: Number.POSITIVE_INFINITY });
    const errors: unknown[] = [];
    for (let timestep = 0; timestep < 20_000; timestep++) {
      try {
        exporter.log(entryOf(timestep));
      } catch (error) {
        errors.push(error);
      }
    }
    try {
      exporter.checkpoint();
    } catch (error) {
      errors.push(error);
    }
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(isMillraceError(error)).toBe(true);
    expect(String(errors[0])).toMatch(/no space/);
    exporter.abandon();
    expect(await vfs.list("out")).toEqual([]);
  });
});

it("a Parquet run that is not closed keeps the episodes that ended", async () => {
  const outputDirectory = join(directory.path, "killed");
  const exporter = new DataExporter("a", { backend: "parquet", outputDirectory, git: false });
  exporter.startEpisode({ neurons: 2 });
  exporter.log({ timestep: 0, spikeIds: [1] });
  exporter.endEpisode();
  exporter.startEpisode();
  exporter.log({ timestep: 0, spikeIds: [0] });
  exporter.checkpoint();
  const bytes = new Uint8Array(readFileSync(join(exporter.path, "episodes/episode_0000/spikes/ids.parquet")));
  expect(await parquetReadObjects({ file: bytes.buffer })).toEqual([{ value: 1 }]);
  const running = readFileSync(join(exporter.path, "episodes/episode_0001/manifest.json"), "utf8");
  expect(JSON.parse(running).attributes).toMatchObject({ status: "running", n_steps: 1 });
  exporter.abandon();
});
