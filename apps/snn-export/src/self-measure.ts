import { randomBytes } from "node:crypto";
import { seededRandom } from "@millrace/base";
import { diskVfs, joinPath } from "@millrace/files";
import { Progress, type ProgressReport, throwIfAborted } from "@millrace/stream";
import { DataExporter } from "./exporter.ts";
import type { ExporterOptions } from "./options.ts";

/** What {@link selfMeasure} records. */
export interface SelfMeasureOptions {
  readonly steps: number;
  readonly neurons: number;
  /** Where the files appear for a moment. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** Told now and then: `rows` are steps, `bytes` one a neuron and step. */
  readonly onProgress?: (report: ProgressReport) => void;
}

/** How one way of recording did on this machine. */
export interface SelfMeasurement {
  /** "log", "logBlock", "log, states at every step", "log, uncompressed". */
  readonly way: string;
  readonly steps: number;
  /** Steps a second, best of three runs. */
  readonly stepsPerSecond: number;
  readonly bytesPerStep: number;
}

/** Runs of each way; the best counts, since others use the machine too. */
const RUNS = 3;
/** Dense states take about so much longer. */
const DENSE_SHARE = 10;
const SAMPLING = 100;

/**
 * Records made-up spikes (5 % of the neurons), states, positions and rewards in several ways, and removes the files.
 * @throws AbortedError when the signal stops it, IoError when a file cannot be written; no file is left then
 */
export async function selfMeasure(options: SelfMeasureOptions): Promise<SelfMeasurement[]> {
  const { steps, neurons, directory, signal, onProgress } = options;
  const own = joinPath(directory, `millrace-bench-${randomBytes(4).toString("hex")}`);
  diskVfs.makeDirectorySync(own);
  const ways = [
    { way: "log", steps, log: logSteps, exporter: {} },
    { way: "logBlock", steps, log: logBlocks, exporter: {} },
    { way: "log, uncompressed", steps, log: logSteps, exporter: { compression: "none" } },
    {
      way: "log, states at every step",
      steps: Math.ceil(steps / DENSE_SHARE),
      log: logSteps,
      exporter: { neuralSamplingRate: 1 },
    },
  ] as const;
  const progress = new Progress({
    totalBytes: ways.reduce((sum, way) => sum + RUNS * way.steps * neurons, 0),
    ...(onProgress === undefined ? {} : { onReport: onProgress }),
  });
  const results: SelfMeasurement[] = [];
  try {
    for (const { way, log, exporter, steps: count } of ways) {
      const run = makeRun(count, neurons);
      let best = { seconds: Number.POSITIVE_INFINITY, bytes: 0 };
      for (let n = 0; n < RUNS; n++) {
        throwIfAborted(signal, "bench");
        const found = await record(own, run, exporter, log);
        if (found.seconds < best.seconds) best = found;
        progress.add(count, count * neurons);
        // A turn of the event loop, for signals.
        await new Promise((resolve) => setImmediate(resolve));
      }
      results.push({
        way,
        steps: count,
        stepsPerSecond: count / best.seconds,
        bytesPerStep: best.bytes / count,
      });
    }
  } finally {
    diskVfs.removeSync(own, { recursive: true });
  }
  return results;
}

interface MadeRun {
  readonly steps: number;
  readonly neurons: number;
  readonly spikes: Uint8Array;
  readonly states: Float32Array;
  readonly x: Float32Array;
}

function makeRun(steps: number, neurons: number): MadeRun {
  const random = seededRandom(1);
  const spikes = Uint8Array.from({ length: steps * neurons }, () => (random.next() < 0.05 ? 1 : 0));
  // More rows than a compressor looks back on.
  const states = Float32Array.from({ length: 1024 * neurons }, () => -65 + 5 * random.nextNormal());
  let at = 0;
  const x = Float32Array.from({ length: steps }, () => {
    at += 0.01 * (random.next() - 0.5);
    return at;
  });
  return { steps, neurons, spikes, states, x };
}

async function record(
  outputDirectory: string,
  run: MadeRun,
  options: ExporterOptions,
  log: (exporter: DataExporter, run: MadeRun) => void,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const startMs = performance.now();
  const exporter = new DataExporter("bench", {
    outputDirectory,
    git: false,
    codeSnapshot: "none",
    durability: "os",
    fields: { behavior: { x: { dtype: "float32" } } },
    ...options,
  });
  try {
    exporter.startEpisode({ neurons: run.neurons });
    log(exporter, run);
    exporter.endEpisode();
    exporter.close();
    const seconds = (performance.now() - startMs) / 1000;
    const { size: bytes } = await diskVfs.stat(exporter.path);
    diskVfs.removeSync(exporter.path);
    return { seconds, bytes };
  } catch (error) {
    exporter.abandon();
    throw error;
  }
}

function logSteps(exporter: DataExporter, { steps, neurons, spikes, states, x }: MadeRun): void {
  for (let timestep = 0; timestep < steps; timestep++) {
    const row = timestep % 1024;
    exporter.log({
      timestep,
      spikes: spikes.subarray(timestep * neurons, (timestep + 1) * neurons),
      neuralState: states.subarray(row * neurons, (row + 1) * neurons),
      behavior: { x: x[timestep]! },
    });
  }
}

function logBlocks(exporter: DataExporter, { steps, neurons, spikes, states, x }: MadeRun): void {
  for (let first = 0; first < steps; first += 10_000) {
    const end = Math.min(steps, first + 10_000);
    const timesteps = Float64Array.from(
      { length: Math.ceil((end - first) / SAMPLING) },
      (_, i) => first + i * SAMPLING,
    );
    exporter.logBlock({
      firstTimestep: first,
      stepCount: end - first,
      spikes: spikes.subarray(first * neurons, end * neurons),
      neuralStates: { timesteps, values: states.subarray(0, timesteps.length * neurons) },
      behavior: { x: x.subarray(first, end) },
    });
  }
}
