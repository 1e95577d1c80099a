import { formatByteSize } from "@millrace/base";
import { GrowableUint32 } from "@millrace/buffers";
import { formatCount, formatFacts, integerBetween, pathEndingIn, type VerbSpec } from "@millrace/cli";
import { atomicWrite, diskVfs } from "@millrace/files";
import { rasterSvg } from "@millrace/plot";
import { simulate } from "../simulate.ts";

interface SimulateFlags {
  readonly steps: number;
  readonly neurons: number;
  readonly seed: number;
  readonly sampling: number;
  readonly output: string;
  readonly plot?: string;
}

/** Spikes that a plot shows at the most: the first ones; a raster of more is a grey field. */
const PLOTTED_SPIKES = 200_000;

/** `simulate`: runs a leaky integrate-and-fire network and records it. */
export const simulateVerb: VerbSpec<SimulateFlags> = {
  usage: "simulate",
  summary: "simulates a leaky integrate-and-fire network and records it",
  example: "simulate --steps 10000 --neurons 100 --output experiments --plot raster.svg",
  flags: (command) =>
    command
      .option("--steps <n>", "time steps of 1 ms", integerBetween(1, 2 ** 31), 10_000)
      .option("--neurons <n>", "neurons, 80 % of them excitatory", integerBetween(1, 1_000_000), 100)
      .option("--seed <n>", "the same seed gives the same spikes", integerBetween(0, 2 ** 31), 1)
      .option("--sampling <n>", "keep potentials every this many steps", integerBetween(1, 2 ** 31), 100)
      .option("--output <dir>", "directory of the file", "experiments")
      .option("--plot <file.svg>", "also draw the spikes", pathEndingIn(".svg")),
  action: async (context, _args, { steps, neurons, seed, sampling, output, plot }) => {
    const bar = context.progress("simulate");
    const times = new GrowableUint32();
    const ids = new GrowableUint32();
    const collect = (step: number, spikes: Uint8Array): void => {
      if (times.length >= PLOTTED_SPIKES) return;
      for (let i = 0; i < spikes.length; i++) {
        if (spikes[i] === 0) continue;
        times.push(step);
        ids.push(i);
      }
    };
    const result = await simulate({
      steps,
      network: { neurons, seed },
      exporter: { outputDirectory: output, neuralSamplingRate: sampling },
      signal: context.signal,
      onProgress: (report) => bar.update(report),
      ...(plot === undefined ? {} : { onSpikes: collect }),
    });
    const { size: bytes } = await diskVfs.stat(result.path);
    if (plot !== undefined) {
      const title = `${formatCount(neurons)} neurons, ${result.meanRateHz.toFixed(1)} Hz`;
      await atomicWrite(
        diskVfs,
        plot,
        new TextEncoder().encode(rasterSvg(times.view(), ids.view(), { title })),
      );
    }
    return {
      json: { ...result, bytes, ...(plot === undefined ? {} : { plot }) },
      text: formatFacts([
        ["file", result.path],
        ["steps", steps],
        ["neurons", neurons],
        ["connections", result.connections],
        ["spikes", result.spikes],
        ["mean rate", `${result.meanRateHz.toFixed(1)} Hz`],
        ["size", formatByteSize(bytes)],
        ["speed", `${formatCount(Math.round(result.stepsPerSecond))} steps/s`],
        ["plot", plot],
      ]),
    };
  },
};
