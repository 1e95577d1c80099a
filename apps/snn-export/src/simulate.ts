import { Progress, type ProgressReport, throwIfAborted } from "@millrace/stream";
import { DataExporter } from "./exporter.ts";
import { type LifNetworkOptions, newLifNetwork } from "./lif-network.ts";
import { connectionsOf } from "./network-structure.ts";
import type { ExporterOptions } from "./options.ts";

/** What a simulation left behind. */
export interface SimulationResult {
  readonly path: string;
  readonly steps: number;
  readonly neurons: number;
  readonly connections: number;
  readonly spikes: number;
  /** Spikes a neuron and second. */
  readonly meanRateHz: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
}

export interface SimulationOptions {
  readonly steps: number;
  readonly network?: LifNetworkOptions;
  readonly exporter?: ExporterOptions;
  readonly signal?: AbortSignal;
  /** Told now and then: `rows` are steps, `bytes` one a neuron and step. */
  readonly onProgress?: (report: ProgressReport) => void;
  /** Called after each step with the neurons that fired; for plots. */
  readonly onSpikes?: (step: number, spikes: Uint8Array) => void;
}

/** Steps between two looks at the signal and the clock. */
const STEPS_PER_TURN = 256;

/**
 * Runs a leaky integrate-and-fire network and records it: spikes at every step, potentials at the sampling rate.
 * @throws AbortedError when the signal stops it, IoError when the file cannot be written; no file is left then
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const network = newLifNetwork(options.network);
  const { neurons, excitatoryShare, timeStepMs } = network.options;
  const exporter = new DataExporter("lif", { ...options.exporter, timeStepMs });
  const startMs = performance.now();
  // One byte a neuron and step: what is recorded, before it is compressed.
  const progress = new Progress({
    totalBytes: options.steps * neurons,
    ...(options.onProgress === undefined ? {} : { onReport: options.onProgress }),
  });
  let spikes = 0;
  try {
    exporter.saveConfig({ model: "leaky integrate-and-fire", ...network.options });
    const ids = Uint32Array.from({ length: neurons }, (_, i) => i);
    const excitatory = Uint8Array.from(ids, (id) => (id < Math.round(neurons * excitatoryShare) ? 1 : 0));
    exporter.saveNetworkStructure({ id: ids, excitatory }, connectionsOf(network.weights), network.weights);
    exporter.startEpisode();
    for (let timestep = 0; timestep < options.steps; timestep++) {
      if (timestep % STEPS_PER_TURN === 0) {
        // Lets signals in: without a turn of the event loop Ctrl-C would wait for the end.
        await new Promise((resolve) => setImmediate(resolve));
        throwIfAborted(options.signal, "simulate");
        if (timestep > 0) progress.add(STEPS_PER_TURN, STEPS_PER_TURN * neurons);
      }
      const fired = network.step();
      spikes += fired;
      await exporter.log({ timestep, spikes: network.spikes, neuralState: network.potentialsMv });
      options.onSpikes?.(timestep, network.spikes);
    }
    exporter.endEpisode({ success: true, summary: { spikes } });
    exporter.close();
  } catch (error) {
    exporter.abandon();
    throw error;
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    path: exporter.path,
    steps: options.steps,
    neurons,
    connections: network.weights.indices.length,
    spikes,
    meanRateHz: spikes / neurons / ((options.steps * timeStepMs) / 1000),
    seconds,
    stepsPerSecond: options.steps / seconds,
  };
}
