import type { PageReader } from "../storage/page-reader.ts";
import { ALL_KEYS, type KeyRange } from "./key-range.ts";
import { cellCount } from "./node.ts";
import { descendBehind, descendTo } from "./path.ts";
import { readNode, type Step } from "./tree.ts";

/**
 * About how many entries a range of a tree has: exact within one leaf, and within leaves of one node of the same
 * size. It reads the two ways down to the range's ends.
 */
export function estimateEntries(pager: PageReader, root: number, range: KeyRange): number {
  const first = descendTo(pager, root, range.lo);
  const last = descendBehind(pager, root, range.hi);
  const begin = first.at(-1)!;
  const end = last.at(-1)!;
  if (begin.number === end.number) return Math.max(0, end.index - begin.index);
  const beginCount = cellCount(readNode(pager, begin.number));
  const endCount = cellCount(readNode(pager, end.number));
  const leaves = leavesBetween(pager, first, last);
  return beginCount - begin.index + end.index + (Math.max(1, leaves) - 1) * ((beginCount + endCount) / 2);
}

/** About how many leaves a tree has: as if all its nodes had as many children as those on the way to its first key. */
export function estimateLeaves(pager: PageReader, root: number): number {
  let leaves = 1;
  for (const { number } of descendTo(pager, root, ALL_KEYS.lo).slice(0, -1))
    leaves *= cellCount(readNode(pager, number)) + 1;
  return leaves;
}

/** How many leaves one way is to the right of another, if nodes of a level have as many children. */
function leavesBetween(pager: PageReader, first: readonly Step[], last: readonly Step[]): number {
  let leaves = 0;
  let below = 1;
  for (let level = first.length - 2; level >= 0; level--) {
    leaves += (last[level]!.index - first[level]!.index) * below;
    below *= cellCount(readNode(pager, first[level]!.number)) + 1;
  }
  return leaves;
}
