/** Reads all documents of a tree by their columns, and only those from their pages that are wanted whole. */
import { cellCount, childAt, keyLength, keyOf, keyStart } from "../btree/node.ts";
import { descendTo } from "../btree/path.ts";
import { type Located, locateValue, readNode, type Step } from "../btree/tree.ts";
import { decodeValueAt } from "../document/decode.ts";
import { findField, foundField, type KnownName } from "../document/find-field.ts";
import { documentView, knownName } from "../document/lookup.ts";
import type { CompiledFilter } from "../query/filter.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { Take } from "../take.ts";
import type { ColumnSet } from "./column-set.ts";
import type { ColumnSets } from "./column-sets.ts";
import { type ColumnView, columnView } from "./column-view.ts";

/** A scan of one tree; between two batches the tree may change. */
export class ColumnScan<T> {
  isDone = false;
  readonly #root: number;
  readonly #set: ColumnSet;
  readonly #names: readonly KnownName[];
  readonly #filter: CompiledFilter;
  readonly #take: Take<T>;
  readonly #view = documentView();
  readonly #row: ColumnView;
  readonly #place: Located = { bytes: new Uint8Array(0), start: 0, end: 0 };
  /** The next document's key is not below this one. */
  #from: Uint8Array = new Uint8Array(0);

  /** @param set - has the fields that the filter looks at, and those that `take.ofFields` does */
  constructor(root: number, set: ColumnSet, filter: CompiledFilter, take: Take<T>) {
    this.#root = root;
    this.#set = set;
    this.#row = columnView(set);
    this.#names = set.fields.map(knownName);
    this.#filter = filter;
    this.#take = take;
  }

  /** Reads leaf by leaf. @param most - rows after which others get their turn @returns how many it has read */
  readBatch(pager: PageReader, most: number, found: T[]): number {
    const path = descendTo(pager, this.#root, this.#from);
    const { number, index } = path.pop()!;
    let leaf: number | undefined = number;
    let rows = this.#readLeaf(pager, leaf, index, found);
    const depth = path.length;
    for (leaf = nextLeafNumber(pager, path, depth); leaf !== undefined && rows < most; ) {
      rows += this.#readLeaf(pager, leaf, 0, found);
      leaf = nextLeafNumber(pager, path, depth);
    }
    this.isDone = leaf === undefined;
    if (!this.isDone) this.#from = lowestKey(pager, path);
    return rows;
  }

  #readLeaf(pager: PageReader, leaf: number, from: number, found: T[]): number {
    const { columns } = pager;
    const set = this.#set;
    if (columns === undefined || set.isGivenUp) return this.#readPage(pager, leaf, from, found);
    if (set.firstRow(leaf) < 0 && !this.#fill(pager, columns, leaf))
      return this.#readPage(pager, leaf, from, found);
    const first = set.firstRow(leaf);
    const count = set.rowsOf(leaf);
    const filter = this.#filter;
    const { ofFields } = this.#take;
    const view = this.#row;
    for (let i = from; i < count; i++) {
      view.moveTo(first + i);
      if (!filter.matches(view)) continue;
      found.push(ofFields === undefined ? this.#takeWhole(pager, leaf, i) : ofFields.take(view));
    }
    columns.rows += count - from;
    return count - from;
  }

  /** As documents are read without columns. */
  #readPage(pager: PageReader, leaf: number, from: number, found: T[]): number {
    const page = readNode(pager, leaf);
    const count = cellCount(page);
    const place = this.#place;
    for (let i = from; i < count; i++) {
      locateValue(pager, page, i, place);
      this.#view.moveTo(place.bytes, place.start, place.end);
      if (this.#filter.matches(this.#view)) found.push(this.#takeWhole(pager, leaf, i));
    }
    return count - from;
  }

  #takeWhole(pager: PageReader, leaf: number, index: number): T {
    const page = readNode(pager, leaf);
    const place = this.#place;
    locateValue(pager, page, index, place);
    const start = keyStart(page, index);
    return this.#take(place.bytes, place.start, place.end, page, start, start + keyLength(page, index));
  }

  /**
   * Also of documents in overflow pages: whoever changes one changes its leaf.
   * @returns false for a leaf whose documents cannot be in columns
   */
  #fill(pager: PageReader, columns: ColumnSets, leaf: number): boolean {
    const page = readNode(pager, leaf);
    const count = cellCount(page);
    const set = this.#set;
    const first = set.reserve(leaf, count);
    if (first < 0) return false;
    const names = this.#names;
    const place = this.#place;
    for (let i = 0; i < count; i++) {
      locateValue(pager, page, i, place);
      const { bytes, start, end } = place;
      for (let field = 0; field < names.length; field++) {
        const value = findField(bytes, start, end, names[field]!)
          ? decodeValueAt(foundField.bytes, foundField.type, foundField.start, foundField.end)
          : undefined;
        if (!set.put(field, first + i, value)) return false;
      }
    }
    set.keep(leaf, count);
    columns.made += count;
    return true;
  }
}

/** The leaf behind that of a path of interior nodes, known from the nodes above it: no leaf is read. */
function nextLeafNumber(pager: PageReader, path: Step[], depth: number): number | undefined {
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const page = readNode(pager, step.number);
    if (step.index < cellCount(page)) {
      step.index++;
      let number = childAt(page, step.index);
      while (path.length < depth) {
        path.push({ number, index: 0 });
        number = childAt(readNode(pager, number), 0);
      }
      return number;
    }
    path.pop();
  }
  return undefined;
}

/** No key of the leaf that a path leads to is below this one. */
function lowestKey(pager: PageReader, path: readonly Step[]): Uint8Array {
  const step = path.findLast(({ index }) => index > 0);
  return step === undefined ? new Uint8Array(0) : keyOf(readNode(pager, step.number), step.index - 1).slice();
}
