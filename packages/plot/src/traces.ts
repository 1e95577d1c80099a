import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { COLOURS } from "./lines.ts";
import { type Range, rangeOf, roundPixel, shortNumber } from "./range.ts";
import { axisTicks, chartSvg, escapeXml } from "./svg.ts";

/** One trace: values over time, as typed arrays of any length. */
export interface Trace {
  readonly name: string;
  /** Ascending. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface TracesOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "time step" */
  readonly xLabel?: string;
  /** Beside the vertical axis. @default "" */
  readonly yLabel?: string;
  /** Width of the whole image in pixels. @default 900 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 420 */
  readonly heightPixels?: number;
}

export const DEFAULT_TRACES_OPTIONS: Required<TracesOptions> = Object.freeze({
  title: "",
  xLabel: "time step",
  yLabel: "",
  widthPixels: 900,
  heightPixels: 420,
});

const MARGIN = { left: 72, right: 140, top: 36, bottom: 48 } as const;

/**
 * Draws traces over time as an SVG document; the vertical axis covers what there is. Of values that share a column
 * of pixels the smallest and largest are drawn, so nothing sticks out unseen and the image stays small.
 * @throws InvalidArgumentError when a trace has not as many x as y
 */
export function tracesSvg(traces: readonly Trace[], options: TracesOptions = {}): string {
  const filled = resolveOptions("plot", DEFAULT_TRACES_OPTIONS, options);
  for (const { name, x, y } of traces) {
    if (x.length === y.length) continue;
    const expected = `${x.length}, one for each x`;
    throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", `trace ${name}, y`, y.length, expected);
  }
  const width = filled.widthPixels - MARGIN.left - MARGIN.right;
  const height = filled.heightPixels - MARGIN.top - MARGIN.bottom;
  const x = rangeOf(...traces.map((trace) => trace.x));
  const y = rangeOf(...traces.map((trace) => trace.y));
  const toX = (value: number): number => roundPixel(MARGIN.left + ((value - x.lo) / x.span) * width);
  const toY = (value: number): number => roundPixel(MARGIN.top + height - ((value - y.lo) / y.span) * height);
  const content = traces.flatMap((trace, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const at = MARGIN.top + 8 + 18 * i;
    const right = MARGIN.left + width + 14;
    return [
      `<path d="${pathOf(trace, x, width, toX, toY)}" fill="none" stroke="${colour}"/>`,
      `<rect x="${right}" y="${at - 5}" width="10" height="10" fill="${colour}"/>`,
      `<text x="${right + 16}" y="${at + 4}">${escapeXml(trace.name)}</text>`,
    ];
  });
  const xTicks = axisTicks(x.lo, x.lo + x.span).map((value) => [toX(value), shortNumber(value)] as const);
  const yTicks = axisTicks(y.lo, y.lo + y.span).map((value) => [toY(value), shortNumber(value)] as const);
  return chartSvg({ ...filled, margin: MARGIN, xTicks, yTicks }, content);
}

/** First, smallest, largest and last value of each column of pixels; a value that is not finite breaks the line. */
function pathOf(
  { x, y }: Trace,
  range: Range,
  width: number,
  toX: (value: number) => number,
  toY: (value: number) => number,
): string {
  const parts: string[] = [];
  let pen = "M";
  for (let i = 0; i < x.length; ) {
    if (!Number.isFinite(y[i]!)) {
      pen = "M";
      i++;
      continue;
    }
    const column = Math.floor(((x[i]! - range.lo) / range.span) * width);
    let lowest = i;
    let highest = i;
    let end = i + 1;
    for (; end < x.length && Number.isFinite(y[end]!); end++) {
      if (Math.floor(((x[end]! - range.lo) / range.span) * width) !== column) break;
      if (y[end]! < y[lowest]!) lowest = end;
      if (y[end]! > y[highest]!) highest = end;
    }
    const kept = [...new Set([i, Math.min(lowest, highest), Math.max(lowest, highest), end - 1])];
    for (const k of kept) {
      parts.push(`${pen}${toX(x[k]!)} ${toY(y[k]!)}`);
      pen = "L";
    }
    i = end;
  }
  return parts.join("");
}
