import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { encode } from "fast-png";
import { colourTable } from "./colour-map.ts";

export interface HeatMapOptions {
  /** How a value becomes a colour; `log` is log(1 + value), which shows the few among the many. @default "log" */
  readonly scale?: "linear" | "log";
  /** Pixels along each side of one cell. @default 1 */
  readonly cellPixels?: number;
}

export const DEFAULT_HEAT_MAP_OPTIONS: Required<HeatMapOptions> = Object.freeze({
  scale: "log",
  cellPixels: 1,
});

/**
 * Draws a grid of non-negative values as a PNG image in the viridis colours, the largest value brightest.
 *
 * @param values - `columns * rows` numbers, row by row from the top; negative ones and NaN count as 0
 * @returns the bytes of a PNG file of `columns * cellPixels` by `rows * cellPixels` pixels
 * @throws InvalidArgumentError when the shape does not fit
 */
export function heatMapPng(
  values: ArrayLike<number>,
  columns: number,
  rows: number,
  options: HeatMapOptions = {},
): Uint8Array {
  const { scale, cellPixels } = resolveOptions("plot", DEFAULT_HEAT_MAP_OPTIONS, options);
  checkGrid(values, columns, rows);
  let largest = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > largest) largest = values[i]!;
  const top = scale === "log" ? Math.log1p(largest) : largest;
  const colours = colourTable("viridis");
  const width = columns * cellPixels;
  const data = new Uint8Array(width * rows * cellPixels * 3);
  for (let y = 0; y < rows * cellPixels; y++) {
    const row = Math.floor(y / cellPixels) * columns;
    for (let x = 0; x < width; x++) {
      const value = Math.max(0, values[row + Math.floor(x / cellPixels)]! || 0);
      const part = top === 0 ? 0 : (scale === "log" ? Math.log1p(value) : value) / top;
      const colour = 3 * Math.round(255 * part);
      const at = 3 * (y * width + x);
      data[at] = colours[colour]!;
      data[at + 1] = colours[colour + 1]!;
      data[at + 2] = colours[colour + 2]!;
    }
  }
  return encode({ width, height: rows * cellPixels, data, channels: 3, depth: 8 });
}

/** @throws InvalidArgumentError when there are not `columns * rows` values, or none */
export function checkGrid(values: ArrayLike<number>, columns: number, rows: number): void {
  if (values.length === columns * rows && columns >= 1 && rows >= 1) return;
  throw new InvalidArgumentError(
    "PLOT_SHAPE_MISMATCH",
    "heat map shape",
    `${columns} x ${rows}`,
    `${values.length} cells`,
  );
}
