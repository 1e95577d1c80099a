import { resolveOptions } from "@millrace/base";
import { encode } from "fast-png";
import { colourTable } from "./colour-map.ts";
import { checkGrid } from "./heat-map.ts";
import { rangeOf, roundPixel, shortNumber } from "./range.ts";
import { axisTicks, chartSvg } from "./svg.ts";

export interface HeatMapFigureOptions {
  /** Stands above the plot. @default "" */
  readonly title?: string;
  /** Below the horizontal axis. @default "" */
  readonly xLabel?: string;
  /** Beside the vertical axis. @default "" */
  readonly yLabel?: string;
  /** Width of the whole image in pixels. @default 640 */
  readonly widthPixels?: number;
  /** Height of the whole image in pixels. @default 560 */
  readonly heightPixels?: number;
  /** What the colours stand for; beside the colour bar. @default "" */
  readonly valueLabel?: string;
}

export const DEFAULT_HEAT_MAP_FIGURE_OPTIONS: Required<HeatMapFigureOptions> = Object.freeze({
  title: "",
  xLabel: "",
  yLabel: "",
  widthPixels: 640,
  heightPixels: 560,
  valueLabel: "",
});

const MARGIN = { left: 64, right: 110, top: 36, bottom: 48 } as const;
const BAR_PIXELS = 16;

/**
 * Draws a grid of values of either sign, linear between the smallest and the largest, with axes and a colour bar, as
 * an SVG document. Cells that are not finite stay white. A grid larger than the image is drawn by the value
 * furthest from 0 of the cells that share a pixel.
 *
 * @param values - `columns * rows` numbers, row by row from the top
 * @throws InvalidArgumentError when the shape does not fit
 */
export function heatMapSvg(
  values: ArrayLike<number>,
  columns: number,
  rows: number,
  options: HeatMapFigureOptions = {},
): string {
  const filled = resolveOptions("plot", DEFAULT_HEAT_MAP_FIGURE_OPTIONS, options);
  checkGrid(values, columns, rows);
  const width = filled.widthPixels - MARGIN.left - MARGIN.right;
  const height = filled.heightPixels - MARGIN.top - MARGIN.bottom;
  const { lo, span } = rangeOf(values);
  const grid = shrink(values, columns, rows, Math.min(columns, width), Math.min(rows, height));
  const image = dataUrl(colourGrid(grid.values, lo, span), grid.columns, grid.rows);
  const scale = dataUrl(
    colourGrid(
      Float64Array.from({ length: 256 }, (_, i) => 255 - i),
      0,
      255,
    ),
    1,
    256,
  );
  const barX = MARGIN.left + width + 20;
  const toX = (column: number): number => roundPixel(MARGIN.left + ((column + 0.5) / columns) * width);
  const toY = (row: number): number => roundPixel(MARGIN.top + ((row + 0.5) / rows) * height);
  const toBar = (value: number): number => roundPixel(MARGIN.top + height - ((value - lo) / span) * height);
  const content = [
    imageSvg(image, MARGIN.left, MARGIN.top, width, height),
    imageSvg(scale, barX, MARGIN.top, BAR_PIXELS, height),
    ...axisTicks(lo, lo + span).map(
      (value) => `<text x="${barX + BAR_PIXELS + 6}" y="${toBar(value) + 4}">${shortNumber(value)}</text>`,
    ),
    `<text transform="translate(${filled.widthPixels - 8} ${MARGIN.top + height / 2}) rotate(-90)" text-anchor="middle">${filled.valueLabel}</text>`,
  ];
  const ticks = (count: number): number[] =>
    count === 1 ? [0] : axisTicks(0, count - 1).filter(Number.isInteger);
  const xTicks = ticks(columns).map((column) => [toX(column), shortNumber(column)] as const);
  const yTicks = ticks(rows).map((row) => [toY(row), shortNumber(row)] as const);
  return chartSvg({ ...filled, margin: MARGIN, xTicks, yTicks }, content);
}

/** The grid with at most so many columns and rows; of the cells that fall together the one furthest from 0. */
function shrink(
  values: ArrayLike<number>,
  columns: number,
  rows: number,
  toColumns: number,
  toRows: number,
): { values: Float64Array; columns: number; rows: number } {
  const small = new Float64Array(toColumns * toRows).fill(Number.NaN);
  for (let row = 0; row < rows; row++) {
    const target = Math.floor((row * toRows) / rows) * toColumns;
    for (let column = 0; column < columns; column++) {
      const at = target + Math.floor((column * toColumns) / columns);
      const value = values[row * columns + column]!;
      if (Number.isFinite(value) && !(Math.abs(small[at]!) >= Math.abs(value))) small[at] = value;
    }
  }
  return { values: small, columns: toColumns, rows: toRows };
}

function colourGrid(values: Float64Array, lo: number, span: number): Uint8Array {
  const colours = colourTable("viridis");
  const data = new Uint8Array(values.length * 3).fill(255);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    const colour = 3 * Math.round(255 * ((values[i]! - lo) / span));
    data.set(colours.subarray(colour, colour + 3), 3 * i);
  }
  return data;
}

function dataUrl(data: Uint8Array, width: number, height: number): string {
  const png = encode({ width, height, data, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

function imageSvg(url: string, x: number, y: number, width: number, height: number): string {
  // Cells have sharp edges; without this, viewers blur them.
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" image-rendering="optimizeSpeed" href="${url}"/>`;
}
