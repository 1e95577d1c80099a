import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { type Range, rangeOf, shortNumber } from "./range.ts";
import { axisTicks, type ChartFrame, chartSvg } from "./svg.ts";

export interface RasterOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "time step" */
  readonly xLabel?: string;
  /** Beside the vertical axis. @default "neuron" */
  readonly yLabel?: string;
  /** Width of the whole image in pixels. @default 900 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 420 */
  readonly heightPixels?: number;
}

export const DEFAULT_RASTER_OPTIONS: Required<RasterOptions> = Object.freeze({
  title: "",
  xLabel: "time step",
  yLabel: "neuron",
  widthPixels: 900,
  heightPixels: 420,
});

const MARGIN = { left: 64, right: 16, top: 36, bottom: 48 } as const;

/**
 * Draws a spike raster as an SVG document: a dot for each (time, id) pair, ids upwards.
 *
 * Dots that fall on the same pixel are drawn once, so the size of the image is bounded by its pixels.
 *
 * @param times - when, in any unit; one a spike
 * @param ids - who; one a spike
 * @throws InvalidArgumentError when the two lengths differ
 */
export function rasterSvg(
  times: ArrayLike<number>,
  ids: ArrayLike<number>,
  options: RasterOptions = {},
): string {
  const filled = resolveOptions("plot", DEFAULT_RASTER_OPTIONS, options);
  if (times.length !== ids.length) {
    throw new InvalidArgumentError(
      "PLOT_SHAPE_MISMATCH",
      "raster ids",
      ids.length,
      `${times.length}, one for each time`,
    );
  }
  const x = rangeOf(times);
  const y = rangeOf(ids);
  const frame = { ...filled, margin: MARGIN };
  return chartSvg(...rasterPanel(times, ids, x, y, frame));
}

/**
 * The panel of a raster inside an image; x and y are what its axes show.
 * @returns the frame with its ticks, and the content
 */
export function rasterPanel(
  times: ArrayLike<number>,
  ids: ArrayLike<number>,
  x: Range,
  y: Range,
  frame: Omit<ChartFrame, "xTicks" | "yTicks">,
): [frame: ChartFrame, content: string[]] {
  const { widthPixels, heightPixels, margin } = frame;
  const width = widthPixels - margin.left - margin.right;
  const height = heightPixels - margin.top - margin.bottom;
  const toX = (value: number): number => Math.round(margin.left + ((value - x.lo) / x.span) * width);
  // Half a row above and below: nobody's spikes lie on the axis.
  const bottom = y.lo - 0.5;
  const toY = (value: number): number =>
    Math.round(margin.top + height - ((value - bottom) / (y.span + 1)) * height);

  // One path of 1.5-pixel squares; a set of pixels keeps a million spikes from making a million elements.
  const drawn = new Set<number>();
  const dots: string[] = [];
  for (let i = 0; i < times.length; i++) {
    const px = toX(times[i]!);
    const py = toY(ids[i]!);
    const pixel = py * widthPixels + px;
    if (drawn.has(pixel)) continue;
    drawn.add(pixel);
    dots.push(`M${px} ${py}h1.5v1.5h-1.5z`);
  }
  const xTicks = axisTicks(x.lo, x.lo + x.span).map((value) => [toX(value), shortNumber(value)] as const);
  const yTicks = axisTicks(y.lo, y.lo + y.span)
    .filter(Number.isInteger)
    .map((value) => [toY(value), shortNumber(value)] as const);
  return [{ ...frame, xTicks, yTicks }, [`<path d="${dots.join("")}" fill="#31688e"/>`]];
}
