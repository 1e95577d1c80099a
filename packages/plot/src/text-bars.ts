import { resolveOptions } from "@millrace/base";

export interface TextBarsOptions {
  /** Most columns; values beyond this many are averaged together. @default 72 */
  readonly maxColumns?: number;
  /** Lines of the chart. @default 6 */
  readonly rows?: number;
}

export const DEFAULT_TEXT_BARS_OPTIONS: Required<TextBarsOptions> = Object.freeze({
  maxColumns: 72,
  rows: 6,
});

const EIGHTHS = " ▁▂▃▄▅▆▇█";

/**
 * Draws non-negative numbers as bars of several lines for a terminal, from 0 to the largest, without the largest's name.
 * @returns the lines, the top first; a value above 0 shows at least a thin bar
 * @example
 * textBars([1, 2, 4], { rows: 2 }); // ["  █", "▄██"]
 */
export function textBars(values: ArrayLike<number>, options: TextBarsOptions = {}): string[] {
  const { maxColumns, rows } = resolveOptions("plot", DEFAULT_TEXT_BARS_OPTIONS, options);
  const means = meansOf(values, Math.min(maxColumns, values.length));
  const largest = means.reduce((a, b) => Math.max(a, b), 0) || 1;
  const eighths = means.map((mean) => Math.max(mean > 0 ? 1 : 0, Math.round((8 * rows * mean) / largest)));
  return Array.from({ length: rows }, (_, row) => {
    const below = 8 * (rows - 1 - row);
    return eighths.map((height) => EIGHTHS[Math.max(0, Math.min(8, height - below))]!).join("");
  });
}

/** The means of so many groups of neighbours, as alike in size as they can be. */
export function meansOf(values: ArrayLike<number>, groups: number): number[] {
  return Array.from({ length: groups }, (_, group) => {
    const start = Math.floor((group * values.length) / groups);
    const end = Math.floor(((group + 1) * values.length) / groups);
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]!;
    return sum / (end - start);
  });
}
