/** Ways from a tree's root to its leaves, and from leaf to leaf. */
import type { PageReader } from "../storage/page-reader.ts";
import { cellCount, childAt, isLeaf, searchNode } from "./node.ts";
import { checkDepth, readNode, type Step } from "./tree.ts";

/** To the first key behind all those that begin with `hi`. */
export function descendBehind(pager: PageReader, root: number, hi: Uint8Array): Step[] {
  let length = hi.length;
  while (length > 0 && hi[length - 1] === 255) length--;
  if (length > 0) {
    const next = hi.slice(0, length);
    next[length - 1] = next[length - 1]! + 1;
    return descendTo(pager, root, next);
  }
  const path: Step[] = [];
  for (let number = root; ; ) {
    checkDepth(pager, path.length, root);
    const page = readNode(pager, number);
    const index = cellCount(page);
    path.push({ number, index });
    if (isLeaf(page)) return path;
    number = childAt(page, index);
  }
}

/** Goes up to the first node with a child to the left, and down on its right side. */
export function previousLeaf(pager: PageReader, path: Step[], root: number): Step | undefined {
  path.pop();
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    if (step.index > 0) {
      step.index--;
      let number = childAt(readNode(pager, step.number), step.index);
      for (;;) {
        checkDepth(pager, path.length, root);
        const node = readNode(pager, number);
        path.push({ number, index: cellCount(node) });
        if (isLeaf(node)) return path.at(-1);
        number = childAt(node, cellCount(node));
      }
    }
    path.pop();
  }
  return undefined;
}

/** To the place of a key. */
export function descendTo(pager: PageReader, root: number, key: Uint8Array): Step[] {
  const path: Step[] = [];
  for (let number = root; ; ) {
    checkDepth(pager, path.length, root);
    const page = readNode(pager, number);
    const index = searchNode(page, key);
    path.push({ number, index: index < 0 ? -1 - index : index });
    if (isLeaf(page)) return path;
    number = childAt(page, index);
  }
}

/** Goes up to the first node with a child to the right, and down on its left side. */
export function nextLeaf(pager: PageReader, path: Step[], root: number): Step | undefined {
  path.pop();
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const page = readNode(pager, step.number);
    if (step.index < cellCount(page)) {
      step.index++;
      let number = childAt(page, step.index);
      for (;;) {
        checkDepth(pager, path.length, root);
        path.push({ number, index: 0 });
        const node = readNode(pager, number);
        if (isLeaf(node)) return path.at(-1);
        number = childAt(node, 0);
      }
    }
    path.pop();
  }
  return undefined;
}
