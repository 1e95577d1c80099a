import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { roundPixel, shortNumber } from "./range.ts";
import { axisTicks, chartSvg, escapeXml } from "./svg.ts";

/** One line of a chart. */
export interface LineSeries {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface LineChartOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "" */
  readonly xLabel?: string;
  /** Beside the vertical axis. @default "" */
  readonly yLabel?: string;
  /** How x is laid out; a logarithmic axis needs x above 0. @default "linear" */
  readonly xScale?: "linear" | "log";
  /** Width of the whole image in pixels. @default 640 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 320 */
  readonly heightPixels?: number;
}

export const DEFAULT_LINE_CHART_OPTIONS: Required<LineChartOptions> = Object.freeze({
  title: "",
  xLabel: "",
  yLabel: "",
  xScale: "linear",
  widthPixels: 640,
  heightPixels: 320,
});

/** Okabe and Ito's colours, which the colour-blind can tell apart. */
export const COLOURS: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#000000",
];
const MARGIN = { left: 72, right: 180, top: 36, bottom: 48 } as const;

/**
 * Draws lines with their points as an SVG document; the vertical axis begins at 0, names stand to the right.
 * @throws InvalidArgumentError when a series has not as many x as y, or x is not above 0 on a logarithmic axis
 */
export function linesSvg(series: readonly LineSeries[], options: LineChartOptions = {}): string {
  const filled = resolveOptions("plot", DEFAULT_LINE_CHART_OPTIONS, options);
  for (const { name, x, y } of series) checkSeries(name, x, y, filled.xScale);
  const width = filled.widthPixels - MARGIN.left - MARGIN.right;
  const height = filled.heightPixels - MARGIN.top - MARGIN.bottom;
  const position = (x: number): number => (filled.xScale === "log" ? Math.log(x) : x);
  const places = series.flatMap(({ x }) => x).map(position);
  const lo = Math.min(...places);
  const span = Math.max(...places) - lo || 1;
  const top = Math.max(0, ...series.flatMap(({ y }) => y)) || 1;
  const toX = (x: number): number => roundPixel(MARGIN.left + ((position(x) - lo) / span) * width);
  const toY = (y: number): number => roundPixel(MARGIN.top + height - (y / top) * height);

  const lines = series.flatMap(({ name, x, y }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const points = x.map((value, k) => `${toX(value)},${toY(y[k]!)}`);
    const nameY = MARGIN.top + 8 + 18 * i;
    const nameX = MARGIN.left + width + 14;
    return [
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(
        (point) => `<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="3" fill="${colour}"/>`,
      ),
      `<rect x="${nameX}" y="${nameY - 5}" width="10" height="10" fill="${colour}"/>`,
      `<text x="${nameX + 16}" y="${nameY + 4}">${escapeXml(name)}</text>`,
    ];
  });
  const xs = [...new Set(series.flatMap(({ x }) => x))];
  const xTicks = xs.map((x) => [toX(x), shortNumber(x)] as const);
  const yTicks = axisTicks(0, top).map((y) => [toY(y), shortNumber(y)] as const);
  return chartSvg({ ...filled, margin: MARGIN, xTicks, yTicks }, lines);
}

function checkSeries(
  name: string,
  x: readonly number[],
  y: readonly number[],
  scale: "linear" | "log",
): void {
  if (x.length !== y.length) {
    throw new InvalidArgumentError(
      "PLOT_SHAPE_MISMATCH",
      `line ${name}, y`,
      y.length,
      `${x.length}, one for each x`,
    );
  }
  const bad = x.find((value) => !Number.isFinite(value) || (scale === "log" && value <= 0));
  if (bad === undefined) return;
  throw new InvalidArgumentError(
    "PLOT_VALUE_RANGE",
    `line ${name}, x`,
    bad,
    scale === "log" ? "above 0" : "a finite number",
  );
}
