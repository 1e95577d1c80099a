import { roundPixel, shortNumber } from "./range.ts";
import { axisTicks, type ChartFrame } from "./svg.ts";

/**
 * The panel of bars from 0 upwards inside an image; bar i lies between `edges[i]` and `edges[i + 1]`.
 * @returns the frame with its ticks, and the content
 */
export function barsPanel(
  heights: ArrayLike<number>,
  edges: ArrayLike<number>,
  frame: Omit<ChartFrame, "xTicks" | "yTicks">,
): [frame: ChartFrame, content: string[]] {
  const { widthPixels, heightPixels, margin } = frame;
  const width = widthPixels - margin.left - margin.right;
  const height = heightPixels - margin.top - margin.bottom;
  const lo = edges[0] ?? 0;
  const span = (edges[edges.length - 1] ?? 1) - lo || 1;
  let top = 0;
  for (let i = 0; i < heights.length; i++) top = Math.max(top, heights[i]!);
  top ||= 1;
  const toX = (value: number): number => roundPixel(margin.left + ((value - lo) / span) * width);
  const toY = (value: number): number => roundPixel(margin.top + height - (value / top) * height);
  const bottom = margin.top + height;
  // One outline: of bars narrower than a pixel only the highest of each pixel is drawn, so its length is bounded.
  const parts: string[] = [`M${margin.left} ${bottom}`];
  let highest = 0;
  for (let i = 0; i < heights.length; i++) {
    highest = Math.max(highest, heights[i]!);
    const isLast = i === heights.length - 1;
    if (!isLast && Math.floor(toX(edges[i + 1]!)) === Math.floor(toX(edges[i]!))) continue;
    parts.push(`V${toY(highest)}H${toX(edges[i + 1]!)}`);
    highest = 0;
  }
  const xTicks = axisTicks(lo, lo + span).map((value) => [toX(value), shortNumber(value)] as const);
  const yTicks = axisTicks(0, top).map((value) => [toY(value), shortNumber(value)] as const);
  return [{ ...frame, xTicks, yTicks }, [`<path d="${parts.join("")}V${bottom}z" fill="#31688e"/>`]];
}
