import { formatByteSize } from "@millrace/base";
import {
  checkOutputPath,
  formatAmount,
  formatFacts,
  integerBetween,
  UsageError,
  type VerbSpec,
} from "@millrace/cli";
import { PLOT_KINDS, type PlotKind, plotExperiment } from "../plot/plot-run.ts";

interface PlotFlags {
  readonly kind: PlotKind;
  readonly episode: number;
  readonly from?: number;
  readonly to?: number;
  readonly neurons?: readonly number[];
  readonly output: string;
}

const step = integerBetween(0, Number.MAX_SAFE_INTEGER);

/** `plot <file>`: draws spikes, rates, weights or states. */
export const plotVerb: VerbSpec<PlotFlags> = {
  usage: "plot <file>",
  summary: "draws spikes, rates, weights or states as SVG or PNG",
  example: "plot experiments/lif.h5 --kind raster --to 1000 -o raster.png",
  flags: (command) =>
    command
      .option("--kind <kind>", PLOT_KINDS.join(", "), "raster")
      .option("--episode <n>", "which episode", integerBetween(0, 2 ** 31), 0)
      .option("--from <step>", "first time step shown", step)
      .option("--to <step>", "time step before which the plot ends", step)
      .option("--neurons <list>", "whose states: 0,5,7; else the first four", numbers)
      .requiredOption("-o, --output <file>", "ends in .svg or .png"),
  action: async (context, [input], { kind, episode, from, to, neurons = [], output }) => {
    checkOutputPath(output, input!);
    const options = { kind, episode, from, to, neurons, signal: context.signal };
    const { note, ...result } = await plotExperiment(input!, output, options);
    if (note !== "") context.note(note);
    return {
      json: { ...result, note },
      text: formatFacts([
        ["picture", result.output],
        ["shows", `${kind}, ${formatAmount(result.points, "point")}, steps ${result.from} to ${result.to}`],
        ["size", formatByteSize(result.bytes)],
      ]),
    };
  },
};

function numbers(text: string): number[] {
  if (/^\d+(,\d+)*$/.test(text)) return text.split(",").map(Number);
  throw new UsageError(`--neurons ${text}: expected numbers with commas between, such as 0,5,7`);
}
