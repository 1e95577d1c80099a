/** The documents of a sorted partition: all in memory, or in a file with those in memory that frames reach. */
import { assert } from "@millrace/base";
import type { Document, Value } from "../../document/value.ts";
import { scoredDocument } from "../../query/external-sort.ts";
import type { SortKey } from "../../query/sort.ts";
import type { Spool } from "../../storage/scratch.ts";
import { fail } from "../error.ts";
import type { Context } from "../expr/compile.ts";

/** A document of a partition, and what it is sorted by. */
export interface Row {
  readonly document: Document;
  readonly context: Context;
  /** The value that the partition has in common. */
  readonly id: Value;
  readonly key: SortKey;
}

/** Rows that are looked at from the first one on, and neighbours of the current one. */
export interface Rows {
  readonly length: number;
  /** Of the whole partition. */
  readonly id: Value;
  readonly isSpooled: boolean;
  at(index: number): Row;
  /** What a row is sorted by; of the first and the last one at any time. */
  keyAt(index: number): SortKey;
  /** All of them, apart from those that are held. */
  all(): Iterable<Row>;
  /** Says that no row below an index is asked for any more. */
  forget(below: number): void;
}

/** Rows that are all in memory. */
export function rowsInMemory(rows: readonly Row[]): Rows {
  return {
    length: rows.length,
    id: rows[0]!.id,
    isSpooled: false,
    at: (index) => rows[index]!,
    keyAt: (index) => rows[index]!.key,
    all: () => rows,
    forget: () => {},
  };
}

/** Rows in a file, of which those between the lowest and the highest one that are asked for are held. */
export class SpooledRows implements Rows {
  readonly length: number;
  readonly id: Value;
  readonly isSpooled = true;
  /** Most rows that were held at once. */
  mostHeld = 0;
  readonly #spool: Spool;
  readonly #rowOf: (document: Document) => Row;
  readonly #first: Row;
  readonly #last: Row;
  readonly #limit: number;
  readonly #source: Iterator<Row>;
  #held: Row[] = [];
  /** The number of the first one of them, and of the first one that is not forgotten. */
  #start = 0;
  #floor = 0;

  /** @param limit - most rows that are held at once */
  constructor(spool: Spool, first: Row, last: Row, rowOf: (document: Document) => Row, limit: number) {
    this.length = spool.count;
    this.id = first.id;
    this.#spool = spool;
    this.#first = first;
    this.#last = last;
    this.#rowOf = rowOf;
    this.#limit = limit;
    this.#source = this.all()[Symbol.iterator]();
  }

  /** @throws LanguageError 292 where frames are too wide to be held */
  at(index: number): Row {
    assert(index >= this.#floor && index < this.length, "rows are looked at in their order");
    while (index >= this.#start + this.#held.length) {
      if (this.#held.length >= this.#limit) this.#cut();
      if (this.#held.length >= this.#limit) {
        const expected = `windows of at most ${this.#limit} of its documents, which is what memoryBytes has room for`;
        fail(292, "$setWindowFields partition", this.id, expected);
      }
      this.#held.push(this.#source.next().value as Row);
      this.mostHeld = Math.max(this.mostHeld, this.#held.length);
    }
    return this.#held[index - this.#start]!;
  }

  keyAt(index: number): SortKey {
    if (index === 0) return this.#first.key;
    return index === this.length - 1 ? this.#last.key : this.at(index).key;
  }

  *all(): Generator<Row, void, undefined> {
    for (const stored of this.#spool.documents()) yield this.#rowOf(scoredDocument(stored));
  }

  forget(below: number): void {
    this.#floor = Math.max(this.#floor, Math.min(below, this.#start + this.#held.length));
    // Cut by halves, a row is moved once or twice.
    if ((this.#floor - this.#start) * 2 > this.#held.length) this.#cut();
  }

  #cut(): void {
    this.#held = this.#held.slice(this.#floor - this.#start);
    this.#start = this.#floor;
  }
}
