import { compareBytes } from "../keys/compare.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { cellCount, childAt, isLeaf, keyOf, searchNode } from "./node.ts";
import { isValueInCell } from "./node-cell.ts";
import { insertLeafCell } from "./node-change.ts";
import { MAX_KEY_BYTES } from "./node-layout.ts";
import { checkDepth, putInTree, readNode } from "./tree.ts";

/**
 * Puts many entries into one tree within one transaction. It stays at the leaf of the entry before: keys that ascend,
 * as those of new documents and of sorted index entries do, are seldom looked for from the root on.
 */
export class TreeInserter {
  readonly #pager: PageWriter;
  #root: number;
  #leaf: Uint8Array | undefined;
  /** The leaf's bounds: nodes and the place of the key in them, until somebody asks for the keys themselves. */
  #loNode: Uint8Array | undefined;
  #loIndex = 0;
  #hiNode: Uint8Array | undefined;
  #hiIndex = 0;
  #lo: Uint8Array | undefined;
  #hi: Uint8Array | undefined;

  constructor(pager: PageWriter, root: number) {
    this.#pager = pager;
    this.#root = root;
  }

  /** Turns to another tree. */
  moveTo(root: number): void {
    this.#root = root;
    this.forget();
  }

  /** @returns false, and nothing changed, when the key is there */
  add(key: Uint8Array, value: Uint8Array): boolean {
    const { pageBytes } = this.#pager;
    if (key.length > MAX_KEY_BYTES || !isValueInCell(pageBytes, key.length, value.length))
      return this.#addFromRoot(key, value);
    const leaf = this.leafOf(key);
    const index = searchNode(leaf, key);
    if (index >= 0) return false;
    if (insertLeafCell(leaf, -1 - index, key, value)) {
      this.#pager.filters?.add(this.#root, key);
      return true;
    }
    return this.#addFromRoot(key, value);
  }

  /** The leaf of {@link TreeInserter.leafOf} has the keys from this one on; undefined where it is the first one. */
  get lo(): Uint8Array | undefined {
    if (this.#loNode !== undefined) this.#lo = keyOf(this.#loNode, this.#loIndex).slice();
    this.#loNode = undefined;
    return this.#lo;
  }

  /** It has the keys below this one; undefined where it is the last one. */
  get hi(): Uint8Array | undefined {
    if (this.#hiNode !== undefined) this.#hi = keyOf(this.#hiNode, this.#hiIndex).slice();
    this.#hiNode = undefined;
    return this.#hi;
  }

  /** Must be called after the tree was changed by others: leaves may be other ones. */
  forget(): void {
    this.#leaf = undefined;
  }

  /** May split nodes: the leaf is another one then. */
  #addFromRoot(key: Uint8Array, value: Uint8Array): boolean {
    this.forget();
    return putInTree(this.#pager, this.#root, key, value, false);
  }

  /** The leaf that a key belongs to, to be changed. */
  leafOf(key: Uint8Array): Uint8Array {
    if (this.#leaf !== undefined) {
      const { lo, hi } = this;
      if ((lo === undefined || compareBytes(key, lo) >= 0) && (hi === undefined || compareBytes(key, hi) < 0))
        return this.#leaf;
    }
    this.#lo = undefined;
    this.#hi = undefined;
    this.#loNode = undefined;
    this.#hiNode = undefined;
    for (let number = this.#root, depth = 0; ; depth++) {
      checkDepth(this.#pager, depth, this.#root);
      const page = readNode(this.#pager, number);
      if (isLeaf(page)) {
        this.#leaf = this.#pager.modifyNoted(number);
        return this.#leaf;
      }
      const index = searchNode(page, key);
      if (index > 0) {
        this.#loNode = page;
        this.#loIndex = index - 1;
      }
      if (index < cellCount(page)) {
        this.#hiNode = page;
        this.#hiIndex = index;
      }
      number = childAt(page, index);
    }
  }
}
