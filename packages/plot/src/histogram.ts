import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { barsPanel } from "./bars.ts";
import { chartSvg } from "./svg.ts";

export interface HistogramOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "" */
  readonly xLabel?: string;
  /** Beside the vertical axis. @default "count" */
  readonly yLabel?: string;
  /** Width of the whole image in pixels. @default 640 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 320 */
  readonly heightPixels?: number;
}

export const DEFAULT_HISTOGRAM_OPTIONS: Required<HistogramOptions> = Object.freeze({
  title: "",
  xLabel: "",
  yLabel: "count",
  widthPixels: 640,
  heightPixels: 320,
});

const MARGIN = { left: 64, right: 16, top: 36, bottom: 48 } as const;

/**
 * Draws a histogram that was counted before as an SVG document.
 * @param counts - non-negative heights of the bars
 * @param edges - one more than bars, ascending: bar i lies between `edges[i]` and `edges[i + 1]`
 * @throws InvalidArgumentError when the lengths do not fit
 */
export function histogramSvg(
  counts: ArrayLike<number>,
  edges: ArrayLike<number>,
  options: HistogramOptions = {},
): string {
  const filled = resolveOptions("plot", DEFAULT_HISTOGRAM_OPTIONS, options);
  if (edges.length !== counts.length + 1) {
    const expected = `${counts.length + 1}, one more than bars`;
    throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", "histogram edges", edges.length, expected);
  }
  return chartSvg(...barsPanel(counts, edges, { ...filled, margin: MARGIN }));
}
