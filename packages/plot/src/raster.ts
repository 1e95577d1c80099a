import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { axisTicks, escapeXml } from "./svg.ts";

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
  const bottom = MARGIN.top + height;
  const ticks = [
    ...axisTicks(x.lo, x.lo + x.span).map(
      (value) => `<text x="${toX(value)}" y="${bottom + 16}" text-anchor="middle">${value}</text>`,
    ),
    ...axisTicks(y.lo, y.lo + y.span).map(
      (value) => `<text x="${MARGIN.left - 8}" y="${toY(value) + 4}" text-anchor="end">${value}</text>`,
    ),
  ];
  const middleY = MARGIN.top + height / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPixels}" height="${heightPixels}" viewBox="0 0 ${widthPixels} ${heightPixels}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${MARGIN.left}" y="22" font-size="15">${escapeXml(filled.title)}</text>`,
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${MARGIN.left + width}" fill="none" stroke="black"/>`,
    ...ticks,
    `<text x="${MARGIN.left + width / 2}" y="${heightPixels - 12}" text-anchor="middle">${escapeXml(filled.xLabel)}</text>`,
    `<text transform="translate(16 ${middleY}) rotate(-90)" text-anchor="middle">${escapeXml(filled.yLabel)}</text>`,
    `<path d="${dots.join("")}" fill="#31688e"/>`,
    "</svg>",
    "",
  ].join("\n");
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
