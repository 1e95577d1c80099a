import { formatCount } from "@millrace/cli";
import { histogramSvg } from "@millrace/plot";
import { throwIfAborted } from "@millrace/stream";
import { type Figure, type FigureSource, titleOf } from "./figures.ts";
import { requireSpikes } from "./raster-figure.ts";

const MOST_BARS = 40;

/** How many neurons fire how often. */
export async function ratesFigure({ run, episode, range, signal }: FigureSource): Promise<Figure> {
  requireSpikes(episode.data.fields);
  const rates = new Float64Array(run.neurons);
  for (const { ids } of run.spikes(episode, "s", range)) {
    throwIfAborted(signal, "plot");
    for (let i = 0; i < ids.length; i++) rates[ids[i]!]!++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = ((range.stop - range.start) * run.stepMs) / 1000;
  let highest = 0;
  let sum = 0;
  for (let i = 0; i < rates.length; i++) {
    rates[i]! /= seconds;
    sum += rates[i]!;
    highest = Math.max(highest, rates[i]!);
  }
  const bars = Math.max(5, Math.min(MOST_BARS, Math.round(Math.sqrt(run.neurons))));
  const width = highest === 0 ? 1 / bars : highest / bars;
  const counts = new Float64Array(bars);
  for (const rate of rates) counts[Math.min(bars - 1, Math.floor(rate / width))]!++;
  const edges = Float64Array.from({ length: bars + 1 }, (_, i) => i * width);
  const mean = sum / run.neurons;
  const svg = histogramSvg(counts, edges, {
    title: titleOf(
      run,
      episode,
      `rates of ${formatCount(run.neurons)} neurons, ${mean.toPrecision(3)} Hz in the mean`,
    ),
    xLabel: "rate (Hz)",
    yLabel: "neurons",
  });
  return { svg, points: run.neurons, note: "" };
}
