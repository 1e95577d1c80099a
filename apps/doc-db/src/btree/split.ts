import { PAGE_TYPE } from "../storage/page-format.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { cellCount, isLeaf, keyOf, lastChild } from "./node.ts";
import { childInCell, keyInCell } from "./node-cell.ts";
import { copyCells, initNode, setCells, setLastChild } from "./node-change.ts";
import { insertIntoParent, type Step } from "./tree.ts";

/**
 * Splits the last node of a path in two to make room for `cell` at the step's index.
 *
 * A root stays where it is and gets two children, so that nothing outside the tree has to learn of a new root.
 */
export function splitNode(pager: PageWriter, path: Step[], cell: Uint8Array): void {
  const { number, index } = path.at(-1)!;
  const page = pager.modifyNoted(number);
  const isInLeaf = isLeaf(page);
  if (isInLeaf && path.length > 1 && index === cellCount(page)) {
    splitBehind(pager, path, page, cell);
    return;
  }
  const type = isInLeaf ? PAGE_TYPE.leaf : PAGE_TYPE.interior;
  const cells = copyCells(page);
  cells.splice(index, 0, cell);
  const middle = splitPoint(cells, index, isInLeaf);
  const separator = isInLeaf
    ? shortestSeparator(keyInCell(cells[middle - 1]!, true), keyInCell(cells[middle]!, true))
    : keyInCell(cells[middle]!, false).slice();
  const leftCells = cells.slice(0, middle);
  // Of an interior node the cell in the middle moves up, and its child becomes the last one on the left.
  const rightCells = cells.slice(isInLeaf ? middle : middle + 1);
  const last = isInLeaf ? 0 : lastChild(page);
  const leftLast = isInLeaf ? 0 : childInCell(cells[middle]!);

  const root = path[0]!.number;
  const right = pager.allocate(type);
  initNode(right.page, root);
  setCells(right.page, rightCells);
  setLastChild(right.page, last);
  if (path.length > 1) {
    setCells(page, leftCells);
    setLastChild(page, leftLast);
    path.pop();
    insertIntoParent(pager, path, number, separator, right.number);
    return;
  }
  const left = pager.allocate(type);
  initNode(left.page, root);
  setCells(left.page, leftCells);
  setLastChild(left.page, leftLast);
  page[4] = PAGE_TYPE.interior;
  setCells(page, []);
  setLastChild(page, right.number);
  path[0]!.index = 0;
  // The empty root has one child, as if it had just been split.
  insertIntoParent(pager, path, left.number, separator, right.number);
}

/** A new last cell gets a leaf of its own: ascending keys fill their pages, and nothing is moved. */
function splitBehind(pager: PageWriter, path: Step[], page: Uint8Array, cell: Uint8Array): void {
  const root = path[0]!.number;
  const { number } = path.pop()!;
  const separator = shortestSeparator(keyOf(page, cellCount(page) - 1), keyInCell(cell, true));
  const right = pager.allocate(PAGE_TYPE.leaf);
  initNode(right.page, root);
  setCells(right.page, [cell]);
  insertIntoParent(pager, path, number, separator, right.number);
}

/**
 * The first cell that goes to the right: half of the bytes, or only the new cell when it is the last of a leaf, so
 * that ascending keys fill their pages.
 */
function splitPoint(cells: readonly Uint8Array[], inserted: number, isInLeaf: boolean): number {
  if (isInLeaf && inserted === cells.length - 1) return inserted;
  const total = cells.reduce((sum, cell) => sum + cell.length, 0);
  let sum = 0;
  let middle = 0;
  while (sum + cells[middle]!.length <= total / 2) sum += cells[middle++]!.length;
  // A leaf's cell in the middle goes where less is: on the other side of long ones there might be no room.
  if (isInLeaf && sum + cells[middle]!.length / 2 < total / 2) middle++;
  return Math.min(Math.max(middle, 1), cells.length - (isInLeaf ? 1 : 2));
}

/** The shortest beginning of `right` that is above `left`. */
function shortestSeparator(left: Uint8Array, right: Uint8Array): Uint8Array {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return right.slice(0, same + 1);
}
