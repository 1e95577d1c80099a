import { compareBytes } from "../keys/compare.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { KeyRange } from "./key-range.ts";
import { cellCount, isKeyBelowEnd, keyLength, keyOf, keyStart, valueLength } from "./node.ts";
import { descendBehind, descendTo, nextLeaf, previousLeaf } from "./path.ts";
import { type Located, locateValue, readNode, type Step } from "./tree.ts";

/** Goes over a range of a tree, entry by entry, where they lie: for as long as the tree does not change. */
export class TreeCursor {
  /** The page of the entry, and where its key lies in it. */
  page: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  readonly #pager: PageReader;
  readonly #root: number;
  readonly #range: KeyRange;
  readonly #after: Uint8Array | undefined;
  readonly #isDescending: boolean;
  readonly #path: Step[];
  #leaf: Step | undefined;
  #index = 0;
  /** Of the keys of the leaf, those below this place, or from it on, are known to be in the range. */
  #end = 0;

  /** @param after - only keys behind this one, in the cursor's direction */
  constructor(
    pager: PageReader,
    root: number,
    range: KeyRange,
    after: Uint8Array | undefined,
    isDescending: boolean,
  ) {
    this.#pager = pager;
    this.#root = root;
    this.#range = range;
    this.#after = after;
    this.#isDescending = isDescending;
    this.#path = isDescending
      ? after === undefined
        ? descendBehind(pager, root, range.hi)
        : descendTo(pager, root, after)
      : descendTo(pager, root, after ?? range.lo);
    this.#enter(this.#path.at(-1));
  }

  /** Goes to the next entry. @returns false at the end of the range */
  next(): boolean {
    return this.#isDescending ? this.#back() : this.#forth();
  }

  /** Goes one entry back, that `next` gives it again; into no other leaf. @returns whether it could */
  stepBack(): boolean {
    if (this.#leaf === undefined || this.#index < 0) return false;
    this.#index--;
    return true;
  }

  /** Says where the entry's value lies. */
  value(place: Located): void {
    locateValue(this.#pager, this.page, this.#index, place);
  }

  /** Bytes of the entry's value, which follow its key where they are few. */
  valueLength(): number {
    return valueLength(this.page, this.#index);
  }

  /** The entry's key, as bytes of its own. */
  key(): Uint8Array {
    return this.page.slice(this.keyStart, this.keyEnd);
  }

  #forth(): boolean {
    while (this.#leaf !== undefined) {
      this.#index++;
      if (this.#index < this.#end) {
        this.#point();
        return true;
      }
      // Behind the last key that is in the range lies one that is not.
      if (this.#end < cellCount(this.page)) return false;
      this.#enter(nextLeaf(this.#pager, this.#path, this.#root));
    }
    return false;
  }

  #back(): boolean {
    while (this.#leaf !== undefined) {
      this.#index--;
      if (this.#index >= this.#end) {
        this.#point();
        return true;
      }
      if (this.#end > 0) return false;
      this.#enter(previousLeaf(this.#pager, this.#path, this.#root));
    }
    return false;
  }

  #point(): void {
    this.keyStart = keyStart(this.page, this.#index);
    this.keyEnd = this.keyStart + keyLength(this.page, this.#index);
  }

  #enter(leaf: Step | undefined): void {
    this.#leaf = leaf;
    if (leaf === undefined) return;
    const page = readNode(this.#pager, leaf.number);
    this.page = page;
    const count = cellCount(page);
    if (this.#isDescending) {
      this.#index = leaf.index;
      this.#end = this.#lowestInRange(page, leaf.index);
      return;
    }
    const isAfter =
      this.#after !== undefined &&
      leaf.index < count &&
      compareBytes(keyOf(page, leaf.index), this.#after) === 0;
    this.#index = isAfter ? leaf.index : leaf.index - 1;
    this.#end = this.#highestInRange(page, leaf.index, count);
  }

  /** The first place from `from` on whose key is above the range. */
  #highestInRange(page: Uint8Array, from: number, count: number): number {
    const range = this.#range;
    if (range.hi.length === 0 || from >= count || isKeyBelowEnd(page, count - 1, range.hi)) return count;
    let at = from;
    let above = count - 1;
    while (at < above) {
      const middle = (at + above) >>> 1;
      if (isKeyBelowEnd(page, middle, range.hi)) at = middle + 1;
      else above = middle;
    }
    return at;
  }

  /** The first place whose key is not below the range. */
  #lowestInRange(page: Uint8Array, behind: number): number {
    const { lo } = this.#range;
    if (lo.length === 0 || behind === 0 || compareBytes(keyOf(page, 0), lo) >= 0) return 0;
    let at = behind;
    while (at > 0 && compareBytes(keyOf(page, at - 1), lo) >= 0) at--;
    return at;
  }
}
