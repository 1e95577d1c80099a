import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataExporter } from "@millrace/snn-export";
import type { BenchmarkCase, BenchmarkCases, Contender, PythonContender } from "../../case.ts";
import { logRun, logRunInBlocks, NEURONS, recorder, SAMPLING } from "../../snn-run.ts";

const SAMPLED_STEPS = 200_000;
const DENSE_STEPS = 20_000;
/** What a step may take: spikes, two positions and the share of states and rewards; a row of 100 noisy float32. */
const SAMPLED_BYTES = 20;
const DENSE_BYTES = 300;

/** The same file, and the same checks, by Python; fewer steps, which are as good a measure. */
const h5py = (steps: number, statesEvery: number): PythonContender => ({
  name: "h5py",
  amount: steps / 4,
  script: "h5py_recorder.py",
  args: [String(steps / 4), String(statesEvery), "full"],
});

/** Without checks and time steps: what Python cannot go below. */
const bareH5py = (steps: number, statesEvery: number): PythonContender => ({
  name: "h5py, bare",
  amount: steps / 4,
  script: "h5py_recorder.py",
  args: [String(steps / 4), String(statesEvery), "bare"],
});

/** One recording by us and by peers, of whom the first is to be beaten. */
function versus(
  steps: number,
  statesEvery: number,
  bytes: number,
  peers: readonly [Contender | PythonContender, ...PythonContender[]],
  ratio: number,
): BenchmarkCase {
  return {
    unit: "steps",
    amount: steps,
    ours: recorder("millrace", steps, statesEvery, {}, logRun, bytes),
    peers,
    reach: { ratio, peers: [peers[0].name] },
  };
}

/** `logBlock` with spikes as flags or CSR, beside a `log` of each step. */
function blocks(
  steps: number,
  statesEvery: number,
  spikesAs: "flags" | "csr",
  compression: "gzip" | "none",
  ratio: number,
): BenchmarkCase {
  return {
    unit: "steps",
    amount: steps,
    ours: recorder("logBlock", steps, statesEvery, { compression }, (run) => logRunInBlocks(run, spikesAs)),
    peers: [recorder("log", steps, statesEvery, { compression })],
    reach: { ratio },
  };
}

/**
 * Records what it makes, step by step. The bare contender makes the same and records nothing: the difference of the two
 * in the column "peak memory" is what recording takes, and must not grow from the case of 1 M steps to that of 20 M.
 */
function memory(steps: number, isFull: boolean): BenchmarkCase {
  const contender = (name: string, isRecording: boolean): Contender => ({
    name,
    prepare: async () => {
      const outputDirectory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
      process.once("exit", () => rmSync(outputDirectory, { recursive: true, force: true }));
      const options = { outputDirectory, git: false, codeSnapshot: "none", durability: "os" } as const;
      return () => {
        if (!isRecording) {
          makeSteps(steps, () => {});
          return;
        }
        const exporter = new DataExporter("bench", options);
        exporter.startEpisode({ neurons: NEURONS });
        makeSteps(steps, (entry) => void exporter.log(entry));
        exporter.close();
        rmSync(exporter.path);
      };
    },
  });
  return {
    unit: "steps",
    amount: steps,
    ours: contender("millrace", true),
    peers: [contender("bare Node", false)],
    isFull,
  };
}

interface MadeStep {
  readonly timestep: number;
  readonly spikeIds: Uint16Array;
  readonly neuralState: Float32Array;
  readonly behavior: { readonly x: number; readonly y: number };
  readonly reward: number;
}

/** Makes steps whose five neurons, states and positions come from a generator of 32 bits. */
function makeSteps(steps: number, take: (entry: MadeStep) => void): void {
  const spikeIds = new Uint16Array(5);
  const neuralState = new Float32Array(NEURONS);
  let bits = 1;
  for (let timestep = 0; timestep < steps; timestep++) {
    for (let i = 0; i < 5; i++) {
      bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
      spikeIds[i] = 20 * i + ((bits >>> 16) % 20);
    }
    if (timestep % SAMPLING === 0) for (let i = 0; i < NEURONS; i++) neuralState[i] = (bits >>> 8) * i;
    take({ timestep, spikeIds, neuralState, behavior: { x: bits, y: -bits }, reward: bits & 7 });
  }
}

/** Loaded by those who measure it: libhdf5 would count as memory of the others. */
const standardExporter = async (): Promise<typeof DataExporter> =>
  (await import("@millrace/snn-export/h5wasm")).StandardDataExporter;

const sampled = [SAMPLED_STEPS, SAMPLING] as const;
const dense = [DENSE_STEPS, 1] as const;

export const cases: BenchmarkCases = {
  "log-states-every-100": versus(...sampled, SAMPLED_BYTES, [h5py(...sampled), bareH5py(...sampled)], 10),
  "log-states-every-100-libhdf5": versus(
    ...sampled,
    SAMPLED_BYTES,
    [recorder("StandardDataExporter", ...sampled, {}, logRun, undefined, standardExporter)],
    3,
  ),
  "log-states-every-step": versus(...dense, DENSE_BYTES, [h5py(...dense), bareH5py(...dense)], 1.5),
  "block-flags-gzip": blocks(...sampled, "flags", "gzip", 2),
  "block-csr-gzip": blocks(...sampled, "csr", "gzip", 2),
  "block-flags-uncompressed": blocks(...sampled, "flags", "none", 2),
  "block-states-every-step-gzip": blocks(...dense, "flags", "gzip", 1.1),
  "memory-1M-steps": memory(1_000_000, false),
  "memory-20M-steps": memory(20_000_000, true),
};
