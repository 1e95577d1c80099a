import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { DataExporter, type ExporterOptions } from "@millrace/snn-export";
import type { Contender } from "./case.ts";

/** Neurons of every case. */
export const NEURONS = 100;
/** States and rewards come at every so many steps where they are sampled. */
export const SAMPLING = 100;

/** A run that is made before anything is timed: 5 % of the neurons fire, a position wanders, states are noise. */
export interface PreparedRun {
  readonly steps: number;
  /** One flag a neuron, step after step. */
  readonly flags: Uint8Array;
  /** The same as CSR. */
  readonly indptr: Uint32Array;
  readonly ids: Uint16Array;
  /** A row for each step whose states are kept. */
  readonly states: Float32Array;
  readonly statesEvery: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** One for every {@link SAMPLING} steps. */
  readonly rewards: Float64Array;
}

/** Makes a run whose data do not repeat; the same for the same arguments. */
export function prepareRun(steps: number, statesEvery: number): PreparedRun {
  const random = seededRandom(17);
  const flags = new Uint8Array(steps * NEURONS);
  const indptr = new Uint32Array(steps + 1);
  const ids: number[] = [];
  const x = new Float32Array(steps);
  const y = new Float32Array(steps);
  for (let step = 0; step < steps; step++) {
    for (let id = 0; id < NEURONS; id++) {
      if (random.next() >= 0.05) continue;
      flags[step * NEURONS + id] = 1;
      ids.push(id);
    }
    indptr[step + 1] = ids.length;
    x[step] = (step === 0 ? 0 : x[step - 1]!) + 0.01 * (random.next() - 0.5);
    y[step] = (step === 0 ? 0 : y[step - 1]!) + 0.01 * (random.next() - 0.5);
  }
  const rows = Math.ceil(steps / statesEvery);
  const states = Float32Array.from({ length: rows * NEURONS }, () => -65 + 5 * random.nextNormal());
  const rewards = Float64Array.from({ length: Math.ceil(steps / SAMPLING) }, () => random.next());
  return { steps, flags, indptr, ids: Uint16Array.from(ids), states, statesEvery, x, y, rewards };
}

/** Positions are as good as their noise: both recorders store them as float32. */
const FIELDS = { behavior: { x: { dtype: "float32" }, y: { dtype: "float32" } } } as const;

/** A run step by step, as a simulation has it: arrays that are there already. */
function stepsOf(run: PreparedRun): { spikes: Uint8Array[]; states: Float32Array[] } {
  const rowsOf = <T extends Uint8Array | Float32Array>(values: T): T[] =>
    Array.from(
      { length: values.length / NEURONS },
      (_, row) => values.subarray(row * NEURONS, (row + 1) * NEURONS) as T,
    );
  return { spikes: rowsOf(run.flags), states: rowsOf(run.states) };
}

/** Logs a whole run step by step; states come at every step, and the recorder keeps some. */
export function logRun(run: PreparedRun): (exporter: DataExporter) => void {
  const { steps, statesEvery, x, y, rewards } = run;
  const { spikes, states } = stepsOf(run);
  return (exporter) => {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < steps; timestep++) {
      const neuralState = states[Math.floor(timestep / statesEvery)]!;
      const behavior = { x: x[timestep]!, y: y[timestep]! };
      if (timestep % SAMPLING !== 0)
        exporter.log({ timestep, spikes: spikes[timestep]!, neuralState, behavior });
      else {
        const reward = rewards[timestep / SAMPLING]!;
        exporter.log({ timestep, spikes: spikes[timestep]!, neuralState, behavior, reward });
      }
    }
    exporter.endEpisode();
  };
}

/** Logs the same in blocks of 10,000 steps, with spikes as flags or as CSR. */
export function logRunInBlocks(
  run: PreparedRun,
  spikesAs: "flags" | "csr",
): (exporter: DataExporter) => void {
  return (exporter) => logBlocks(exporter, run, spikesAs);
}

function logBlocks(exporter: DataExporter, run: PreparedRun, spikesAs: "flags" | "csr"): void {
  const { steps, flags, indptr, ids, states, statesEvery, x, y, rewards } = run;
  const count = Math.min(10_000, steps);
  exporter.startEpisode({ neurons: NEURONS });
  for (let first = 0; first < steps; first += count) {
    const end = first + count;
    const every = (n: number): Float64Array =>
      Float64Array.from({ length: count / n }, (_, i) => first + i * n);
    const idStart = indptr[first]!;
    exporter.logBlock({
      firstTimestep: first,
      stepCount: count,
      spikes:
        spikesAs === "flags"
          ? flags.subarray(first * NEURONS, end * NEURONS)
          : {
              indptr: indptr.subarray(first, end + 1).map((at) => at - idStart),
              ids: ids.subarray(idStart, indptr[end]!),
            },
      neuralStates: {
        timesteps: every(statesEvery),
        values: states.subarray((first / statesEvery) * NEURONS, (end / statesEvery) * NEURONS),
      },
      behavior: { x: x.subarray(first, end), y: y.subarray(first, end) },
      rewards: { timesteps: every(SAMPLING), values: rewards.subarray(first / SAMPLING, end / SAMPLING) },
    });
  }
  exporter.endEpisode();
}

/**
 * A contender that records a prepared run into a file of its own, from the first call to the closed file, and removes
 * it. Git and sources are not asked for, and nothing is synced: no peer does.
 * @param mostBytesPerStep - a larger file is an error
 * @param exporterOf - another recorder than {@link DataExporter}
 */
export function recorder(
  name: string,
  steps: number,
  statesEvery: number,
  options: ExporterOptions = {},
  logOf: (run: PreparedRun) => (exporter: DataExporter) => void = logRun,
  mostBytesPerStep: number = Number.POSITIVE_INFINITY,
  exporterOf: () => Promise<typeof DataExporter> = async () => DataExporter,
): Contender {
  return {
    name,
    amount: steps,
    prepare: async () => {
      const run = prepareRun(steps, statesEvery);
      const outputDirectory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
      process.once("exit", () => rmSync(outputDirectory, { recursive: true, force: true }));
      const filled: ExporterOptions = {
        outputDirectory,
        neuralSamplingRate: statesEvery,
        git: false,
        codeSnapshot: "none",
        durability: "os",
        fields: FIELDS,
        ...options,
      };
      const log = logOf(run);
      const Exporter = await exporterOf();
      const record = (): string => {
        const exporter = new Exporter("bench", filled);
        log(exporter);
        exporter.close();
        return exporter.path;
      };
      const path = record();
      const bytesPerStep = statSync(path).size / steps;
      if (bytesPerStep > mostBytesPerStep) {
        throw new Error(`${bytesPerStep.toFixed(1)} bytes a step, at most ${mostBytesPerStep} are allowed`);
      }
      await checkRun(path, run);
      rmSync(path);
      return () => rmSync(record());
    },
  };
}

/** @throws Error unless the file holds the run */
async function checkRun(path: string, run: PreparedRun): Promise<void> {
  const { ExperimentLoader } = await import("@millrace/snn-export");
  await using loader = await ExperimentLoader.open(path);
  const found = loader.episodes()[0];
  if (found?.steps !== run.steps || found.spikes !== run.ids.length) {
    throw new Error(
      `${found?.steps} steps with ${found?.spikes} spikes, not ${run.steps}, ${run.ids.length}`,
    );
  }
}
