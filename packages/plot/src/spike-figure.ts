import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { barsPanel } from "./bars.ts";
import { type Range, rangeOf } from "./range.ts";
import { rasterPanel } from "./raster.ts";
import { documentSvg, panelSvg } from "./svg.ts";

export interface SpikeFigureOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "time step" */
  readonly xLabel?: string;
  /** Beside the axis of the rate. @default "spikes" */
  readonly rateLabel?: string;
  /** First and last time shown; undefined for those of the spikes. @default undefined */
  readonly timeRange?: readonly [first: number, last: number] | undefined;
  /** Width of a bar of the rate in units of time; 0 for a hundredth of the range. @default 0 */
  readonly binWidth?: number;
  /** What a bar's spikes are multiplied by, to become a rate. @default 1 */
  readonly rateFactor?: number;
  /** Width of the whole image in pixels. @default 900 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 560 */
  readonly heightPixels?: number;
}

export const DEFAULT_SPIKE_FIGURE_OPTIONS: Required<SpikeFigureOptions> = Object.freeze({
  title: "",
  xLabel: "time step",
  rateLabel: "spikes",
  timeRange: undefined,
  binWidth: 0,
  rateFactor: 1,
  widthPixels: 900,
  heightPixels: 560,
});

const MARGIN = { left: 64, right: 16, top: 36, bottom: 48 } as const;
const GAP_PIXELS = 40;

/**
 * Draws a spike raster with the population's rate under it, on one axis of time, as an SVG document.
 * @param times - when, in any unit; one a spike
 * @param ids - who; one a spike
 * @throws InvalidArgumentError when the two lengths differ
 * @example
 * spikeFigureSvg([0, 5, 9], [1, 0, 2], { title: "three spikes", binWidth: 1 });
 */
export function spikeFigureSvg(
  times: ArrayLike<number>,
  ids: ArrayLike<number>,
  options: SpikeFigureOptions = {},
): string {
  const filled = resolveOptions<Required<SpikeFigureOptions>>("plot", DEFAULT_SPIKE_FIGURE_OPTIONS, options);
  if (times.length !== ids.length) {
    const expected = `${times.length}, one for each time`;
    throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", "raster ids", ids.length, expected);
  }
  const { widthPixels, heightPixels, timeRange } = filled;
  const x = timeRange === undefined ? rangeOf(times) : rangeOf(timeRange);
  const inner = heightPixels - MARGIN.top - MARGIN.bottom - GAP_PIXELS;
  const rateHeight = Math.round(inner * 0.28);
  const raster = rasterPanel(times, ids, x, rangeOf(ids), {
    ...filled,
    xLabel: "",
    yLabel: "neuron",
    margin: { ...MARGIN, bottom: MARGIN.bottom + rateHeight + GAP_PIXELS },
  });
  const { counts, edges } = countInBins(times, x, filled.binWidth, filled.rateFactor);
  const rate = barsPanel(counts, edges, {
    ...filled,
    title: "",
    yLabel: filled.rateLabel,
    margin: { ...MARGIN, top: heightPixels - MARGIN.bottom - rateHeight },
  });
  return documentSvg(widthPixels, heightPixels, [...panelSvg(...raster), ...panelSvg(...rate)]);
}

/** Spikes in each bin; the last bin takes in the end of the range. */
function countInBins(
  times: ArrayLike<number>,
  x: Range,
  binWidth: number,
  factor: number,
): { counts: Float64Array; edges: Float64Array } {
  const width = binWidth > 0 ? binWidth : x.span / 100;
  const bins = Math.max(1, Math.ceil(x.span / width));
  const counts = new Float64Array(bins);
  for (let i = 0; i < times.length; i++) {
    const bin = Math.floor((times[i]! - x.lo) / width);
    if (bin >= 0 && bin <= bins) counts[Math.min(bin, bins - 1)]! += factor;
  }
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => Math.min(x.lo + i * width, x.lo + x.span));
  return { counts, edges };
}
