import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { axisTicks, chartSvg } from "./svg.ts";

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
  const { widthPixels, heightPixels } = filled;
  const width = widthPixels - MARGIN.left - MARGIN.right;
  const height = heightPixels - MARGIN.top - MARGIN.bottom;
  const x = rangeOf(times);
  const y = rangeOf(ids);
  const toX = (value: number): number => Math.round(MARGIN.left + ((value - x.lo) / x.span) * width);
  const toY = (value: number): number => Math.round(MARGIN.top + height - ((value - y.lo) / y.span) * height);

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
  const xTicks = axisTicks(x.lo, x.lo + x.span).map((value) => [toX(value), String(value)] as const);
  const yTicks = axisTicks(y.lo, y.lo + y.span).map((value) => [toY(value), String(value)] as const);
  const frame = { ...filled, margin: MARGIN, xTicks, yTicks };
  return chartSvg(frame, [`<path d="${dots.join("")}" fill="#31688e"/>`]);
}

/** Smallest value and span; a span of 0 becomes 1, so that one dot stands at the origin. */
function rangeOf(values: ArrayLike<number>): { lo: number; span: number } {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  return values.length === 0 ? { lo: 0, span: 1 } : { lo, span: hi - lo || 1 };
}
