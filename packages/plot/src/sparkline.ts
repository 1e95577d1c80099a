import { meansOf } from "./text-bars.ts";

const BARS = "▁▂▃▄▅▆▇█";

/**
 * Draws non-negative numbers as one line of bars for a terminal; 0 is the lowest bar.
 * @param maxColumns - values beyond this many are averaged together; 60 by default
 * @example
 * sparkline([0, 1, 2, 4]); // "▁▃▅█"
 */
export function sparkline(values: ArrayLike<number>, maxColumns = 60): string {
  const means = meansOf(values, Math.min(maxColumns, values.length));
  const largest = means.reduce((a, b) => Math.max(a, b), 0);
  return means.map((mean) => BARS[largest === 0 ? 0 : Math.round((mean / largest) * 7)] ?? BARS[0]).join("");
}
