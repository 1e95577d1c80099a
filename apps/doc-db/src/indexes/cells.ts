/** A square cut in four again and again: the cells that cover a box, as keys of an index. */
import type { KeyRange } from "../btree/scan.ts";
import { compareBytes } from "../keys/compare.ts";

/** left, low, right, high; in the unit of the square that is cut. */
export type Box = readonly [number, number, number, number];

/** How deep the square is cut: on the earth a cell of this level is some 2 m wide. */
export const MAX_LEVEL = 24;
const DIGIT_0 = 0x30;
/** Behind a cell's digits, so that a cell's own key is told from those of the cells in it. */
const END = 0;

/** The cells that cover a box together: at most nine. @param square - the box that is cut; what lies outside is cut off */
export function coverBox(box: Box, square: Box): Uint8Array[] {
  const [left, low, right, high] = square;
  const scale = (value: number, from: number, to: number): number =>
    Math.min(Math.max((value - from) / (to - from), 0), 1);
  const [x1, x2] = [scale(box[0], left, right), scale(box[2], left, right)];
  const [y1, y2] = [scale(box[1], low, high), scale(box[3], low, high)];
  const span = Math.max(x2 - x1, y2 - y1);
  const level = span === 0 ? MAX_LEVEL : Math.max(0, Math.min(MAX_LEVEL, Math.floor(-Math.log2(span)) + 1));
  const count = 2 ** level;
  const at = (value: number): number => Math.min(Math.floor(value * count), count - 1);
  const cells: Uint8Array[] = [];
  for (let x = at(x1); x <= at(x2); x++) {
    for (let y = at(y1); y <= at(y2); y++) cells.push(cellOf(x, y, level));
  }
  return cells;
}

/** The index keys of a covering. */
export function cellKeys(cells: readonly Uint8Array[]): Uint8Array[] {
  return cells.map((cell) => Uint8Array.of(...cell, END));
}

/** The ranges of keys of all cells that share a place with a covering: those within its cells, and those around them. */
export function cellRanges(cells: readonly Uint8Array[]): KeyRange[] {
  const ranges = new Map<string, KeyRange>();
  for (const cell of cells) {
    ranges.set(`${cell}+`, { lo: cell, hi: cell });
    for (let length = 0; length < cell.length; length++) {
      const around = Uint8Array.of(...cell.subarray(0, length), END);
      ranges.set(`${around}`, { lo: around, hi: around });
    }
  }
  return [...ranges.values()].sort((a, b) => compareBytes(a.lo, b.lo));
}

function cellOf(x: number, y: number, level: number): Uint8Array {
  const cell = new Uint8Array(level);
  for (let i = 0; i < level; i++) {
    const bit = 2 ** (level - 1 - i);
    cell[i] = DIGIT_0 + (Math.floor(x / bit) % 2) + 2 * (Math.floor(y / bit) % 2);
  }
  return cell;
}
