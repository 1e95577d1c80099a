import type { Value } from "../document/value.ts";

/** What a place of a column holds; the number beside it says which one. */
const KIND = { missing: 0, number: 1, text: 2, false: 3, true: 4, null: 5, date: 6 } as const;

/** Rows that a set has room for at first. */
const FIRST_ROWS = 4096;
/** Bytes of a row in one column: its number and its kind. */
const CELL_BYTES = 9;
/** Bytes of a page: where its rows begin, and how many they are. */
const PAGE_PLACE_BYTES = 6;
/** Different texts of a set, and the characters of each, at the most. */
const MAX_TEXTS = 4096;
const MAX_TEXT_LENGTH = 64;

/**
 * Values of some fields of a tree's documents in columns: a row is a document, and the rows of a leaf lie together.
 *
 * Columns hold numbers, dates, booleans, null and short texts of few kinds. A leaf's rows count until the leaf changes.
 */
export class ColumnSet {
  readonly fields: readonly string[];
  /** Whether a value was met that columns do not hold, or there was no memory for all rows. */
  isGivenUp = false;
  readonly #makeRoom: (bytes: number) => boolean;
  #numbers: Float64Array[];
  #kinds: Uint8Array[];
  /** By the number of a leaf: its first row, counted from 1; 0 where its rows are not here. */
  #starts = new Uint32Array(1024);
  #counts = new Uint16Array(1024);
  #capacity = FIRST_ROWS;
  #used = 0;
  /** Rows of leaves that have changed since. */
  #dead = 0;
  readonly #texts: string[] = [];
  readonly #codes = new Map<string, number>();

  /** @param makeRoom - asked before the set takes more memory; false when it must not */
  constructor(fields: readonly string[], makeRoom: (bytes: number) => boolean) {
    this.fields = fields;
    this.#makeRoom = makeRoom;
    this.#numbers = fields.map(() => new Float64Array(FIRST_ROWS));
    this.#kinds = fields.map(() => new Uint8Array(FIRST_ROWS));
  }

  /** Bytes that it takes; texts are counted as if each were as long as it may be. */
  get bytes(): number {
    return (
      this.#capacity * CELL_BYTES * this.fields.length +
      this.#starts.length * PAGE_PLACE_BYTES +
      this.#texts.length * 2 * MAX_TEXT_LENGTH
    );
  }

  /** The first row of a leaf; -1 where its rows are not here. */
  firstRow(leaf: number): number {
    return leaf < this.#starts.length ? this.#starts[leaf]! - 1 : -1;
  }

  /** How many rows a leaf has that is here. */
  rowsOf(leaf: number): number {
    return this.#counts[leaf]!;
  }

  /** Forgets the rows of a leaf. */
  drop(leaf: number): void {
    if (this.firstRow(leaf) < 0) return;
    this.#starts[leaf] = 0;
    this.#dead += this.#counts[leaf]!;
  }

  /** The value of a field in a row. */
  value(field: number, row: number): Value | undefined {
    switch (this.#kinds[field]![row]) {
      case KIND.number:
        return this.#numbers[field]![row]!;
      case KIND.text:
        return this.#texts[this.#numbers[field]![row]!]!;
      case KIND.false:
        return false;
      case KIND.true:
        return true;
      case KIND.null:
        return null;
      case KIND.date:
        return new Date(this.#numbers[field]![row]!);
      default:
        return undefined;
    }
  }

  /** Makes room for the rows of a leaf. @returns the first of them; -1 when the set is given up */
  reserve(leaf: number, count: number): number {
    if (!this.#hasRoom(leaf, count)) {
      this.giveUp();
      return -1;
    }
    return this.#used;
  }

  /** Has the rows that were reserved, and are filled, count as those of their leaf. */
  keep(leaf: number, count: number): void {
    this.#starts[leaf] = this.#used + 1;
    this.#counts[leaf] = count;
    this.#used += count;
  }

  /** Puts a value into a row. @returns false when the set is given up, as columns do not hold such values */
  put(field: number, row: number, value: Value | undefined): boolean {
    let kind: number = KIND.missing;
    if (typeof value === "number") {
      kind = KIND.number;
      this.#numbers[field]![row] = value;
    } else if (typeof value === "string") {
      const code = this.#codeOf(value);
      if (code < 0) {
        this.giveUp();
        return false;
      }
      kind = KIND.text;
      this.#numbers[field]![row] = code;
    } else if (value instanceof Date) {
      kind = KIND.date;
      this.#numbers[field]![row] = value.getTime();
    } else if (value === true) kind = KIND.true;
    else if (value === false) kind = KIND.false;
    else if (value === null) kind = KIND.null;
    else if (value !== undefined) {
      this.giveUp();
      return false;
    }
    this.#kinds[field]![row] = kind;
    return true;
  }

  /** Lets all memory go; the set is of no more use. */
  giveUp(): void {
    this.isGivenUp = true;
    this.#capacity = 0;
    this.#numbers = [];
    this.#kinds = [];
    this.#starts = new Uint32Array(0);
    this.#counts = new Uint16Array(0);
    this.#texts.length = 0;
    this.#codes.clear();
  }

  #codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_TEXT_LENGTH || this.#texts.length === MAX_TEXTS) return -1;
    this.#codes.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #hasRoom(leaf: number, count: number): boolean {
    if (leaf >= this.#starts.length) {
      const length = Math.max(leaf + 1, this.#starts.length * 2);
      if (!this.#makeRoom((length - this.#starts.length) * PAGE_PLACE_BYTES)) return false;
      const [starts, counts] = [this.#starts, this.#counts];
      this.#starts = new Uint32Array(length);
      this.#starts.set(starts);
      this.#counts = new Uint16Array(length);
      this.#counts.set(counts);
    }
    if (this.#used + count <= this.#capacity) return true;
    if (this.#dead * 2 > this.#used) {
      // Mostly rows of leaves as they were: begun again, instead of moved together.
      this.#starts.fill(0);
      this.#used = 0;
      this.#dead = 0;
      if (count <= this.#capacity) return true;
    }
    const capacity = Math.max(this.#used + count, this.#capacity * 2);
    if (!this.#makeRoom((capacity - this.#capacity) * CELL_BYTES * this.fields.length)) return false;
    this.#capacity = capacity;
    this.#numbers = this.#numbers.map((numbers) => grown(new Float64Array(capacity), numbers));
    this.#kinds = this.#kinds.map((kinds) => grown(new Uint8Array(capacity), kinds));
    return true;
  }
}

function grown<T extends Float64Array | Uint8Array>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
