import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { DataExporter, type ExporterOptions } from "../src/index.ts";

/** Neurons of {@link recordForConverting}. */
export const NEURONS = 7;

/** A spike as other programs have it. */
export interface Spike {
  readonly time: number;
  readonly id: number;
}

/** Records an experiment with everything in it; returns its file, and the spikes in milliseconds. */
export function recordForConverting(
  outputDirectory: string,
  steps: number,
  options: ExporterOptions = {},
): { readonly path: string; readonly spikes: readonly Spike[] } {
  const random = seededRandom(3);
  const exporter = new DataExporter("demo", {
    outputDirectory,
    neuralSamplingRate: 10,
    timeStepMs: 0.1,
    ...options,
  });
  exporter.saveConfig({ rate: 0.1 });
  const ids = Uint32Array.from({ length: NEURONS }, (_, i) => 100 + i);
  exporter.saveNetworkStructure(
    { id: ids },
    { source: Uint32Array.of(0, 0, 6), target: Uint32Array.of(1, 2, 0) },
    {
      indptr: Uint32Array.of(0, 2, 2, 2, 2, 2, 2, 3),
      indices: Uint32Array.of(1, 2, 0),
      data: Float64Array.of(0.5, -1, 2),
      shape: [NEURONS, NEURONS],
    },
  );
  exporter.startEpisode();
  const spikes: Spike[] = [];
  for (let timestep = 0; timestep < steps; timestep++) {
    const spikeIds = [...ids.keys()].filter(() => random.next() < 0.2);
    for (const id of spikeIds) spikes.push({ time: timestep / 10, id: 100 + id });
    exporter.log({
      timestep,
      spikeIds,
      neuralState: Float32Array.from(ids, (_, i) => timestep + i / 8),
      behavior: { position: [timestep / 4, -timestep] },
      ...(timestep % 100 === 0
        ? { reward: timestep / 2, event: { type: "hundred", data: { timestep } } }
        : {}),
      ...(timestep % 50 === 0
        ? { weightChange: { source: 0, target: 1, oldWeight: 0, newWeight: timestep } }
        : {}),
    });
  }
  exporter.endEpisode({ success: true });
  exporter.close();
  return { path: exporter.path, spikes };
}

/** Runs a script and returns what it printed as JSON. @throws Error with what it said when it failed */
export function runPython<T>(python: string, script: string, ...args: readonly string[]): T {
  const { status, stdout, stderr } = spawnSync(python, ["-W", "ignore", "-c", script, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

/** Where in a file zarrita reads. */
type Range = { readonly suffixLength: number } | { readonly offset: number; readonly length: number };

/** A directory as zarrita reads it. */
export function zarrStore(path: string): {
  get(key: string): Promise<Uint8Array | undefined>;
  getRange(key: string, range: Range): Promise<Uint8Array | undefined>;
} {
  const read = (key: string): Uint8Array | undefined => {
    const file = join(path, key);
    return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
  };
  return {
    get: async (key) => read(key),
    getRange: async (key, range) => {
      const bytes = read(key);
      return "suffixLength" in range
        ? bytes?.subarray(-range.suffixLength)
        : bytes?.subarray(range.offset, range.offset + range.length);
    },
  };
}
