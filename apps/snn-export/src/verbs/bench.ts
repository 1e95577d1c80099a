import { tmpdir } from "node:os";
import { formatRate, formatTable, integerBetween, type VerbSpec } from "@millrace/cli";
import { selfMeasure } from "../self-measure.ts";

interface BenchFlags {
  readonly steps: number;
  readonly neurons: number;
  readonly output: string;
}

/** `bench`: how fast this machine records, and what a step takes. */
export const benchVerb: VerbSpec<BenchFlags> = {
  usage: "bench",
  summary: "measures how fast this machine records",
  example: "bench --steps 100000 --neurons 100",
  flags: (command) =>
    command
      .option("--steps <n>", "time steps of a run", integerBetween(1000, 10_000_000), 100_000)
      .option("--neurons <n>", "neurons, 5 % of which fire in a step", integerBetween(1, 10_000), 100)
      .option("--output <dir>", "disk that is written to; nothing is left there", tmpdir()),
  action: async (context, _args, { steps, neurons, output }) => {
    const bar = context.progress("bench");
    const results = await selfMeasure({
      steps,
      neurons,
      directory: output,
      signal: context.signal,
      onProgress: (report) => bar.update(report),
    });
    const rows = results.map(({ way, stepsPerSecond, bytesPerStep }) => [
      way,
      formatRate(stepsPerSecond, "steps"),
      `${bytesPerStep.toFixed(1)} B`,
    ]);
    return {
      json: { node: process.version, steps, neurons, results },
      text: formatTable(["way", "speed", "a step takes"], rows),
    };
  },
};
