import { bytesPerElement, type ElementKind, type GrowableOf, newGrowable } from "@millrace/buffers";
import type { SinkColumn, SinkGroup } from "../sinks/run-sink.ts";

/** Where columns go, and how their buffers are. */
export interface ColumnPlace {
  readonly group: SinkGroup;
  readonly chunkBytes: number;
  readonly growthFactor: 1.5 | 2;
}

/** What a column is, apart from its chunks. */
export interface ColumnSpec<K extends ElementKind> {
  readonly kind: K;
  readonly unit: string;
  readonly description: string;
  /** Values in a row; undefined for single values in one dimension. */
  readonly width?: number | undefined;
}

/** Elements that a buffer begins with: short episodes must not cost a chunk of memory a column. */
const FIRST_ELEMENTS = 256;

/** A column that ends with no more is stored in one piece: the index over its only chunk would take as much. */
const MOST_FIXED_BYTES = 2048;

/**
 * A dataset whose rows gather in a buffer until they fill a chunk, and then go on in one piece.
 *
 * The buffer grows geometrically up to a chunk. The dataset is made when the first rows leave the buffer: one that
 * ends before it fills a chunk gets a chunk of exactly its rows, or none at all when they are few, so that short
 * episodes hold no padding.
 */
export class StagedColumn<K extends ElementKind> {
  /** Rows that wait; append whole rows to it, then call {@link flushIfFull}. */
  readonly pending: GrowableOf<K>;
  readonly #place: ColumnPlace;
  readonly #name: string;
  readonly #spec: ColumnSpec<K>;
  readonly #width: number;
  readonly #chunkRows: number;
  /** Values that fill a chunk. */
  readonly chunkElements: number;
  readonly #observer: ((values: ArrayLike<number>) => void) | undefined;
  #column: SinkColumn<K> | undefined;
  #writtenRows = 0;
  #seen = 0;

  /** @param observer - is shown all values, some at a time: before they leave the buffer, and by {@link observe} */
  constructor(
    place: ColumnPlace,
    name: string,
    spec: ColumnSpec<K>,
    observer?: (values: ArrayLike<number>) => void,
  ) {
    this.#observer = observer;
    this.#place = place;
    this.#name = name;
    this.#spec = spec;
    this.#width = spec.width ?? 1;
    this.#chunkRows = Math.max(1, Math.floor(place.chunkBytes / (this.#width * bytesPerElement(spec.kind))));
    this.chunkElements = this.#chunkRows * this.#width;
    this.pending = newGrowable(spec.kind, {
      initialCapacity: Math.min(this.chunkElements, Math.max(FIRST_ELEMENTS, this.#width)),
      growthFactor: place.growthFactor,
    });
  }

  /** Rows appended so far, written or not. */
  get rowCount(): number {
    return this.#writtenRows + this.pending.length / this.#width;
  }

  /** Shows the observer all values that it has not seen. */
  observe(): void {
    if (this.#observer === undefined || this.#seen === this.pending.length) return;
    this.#observer(this.pending.view(this.#seen) as ArrayLike<number>);
    this.#seen = this.pending.length;
  }

  /** Whether the pending rows fill a chunk. */
  get isFull(): boolean {
    return this.pending.length >= this.chunkElements;
  }

  /** Hands the pending rows on when they fill a chunk. */
  flushIfFull(): void {
    if (this.isFull) this.flush();
  }

  /** Hands the pending rows on, for a checkpoint. */
  flush(): void {
    if (this.pending.length > 0) this.#write(this.#chunkRows);
  }

  /** Hands on what is left; nothing can be appended afterwards. */
  finish(): void {
    this.observe();
    const rows = this.pending.view() as Parameters<SinkColumn<K>["append"]>[0];
    if (this.#column === undefined && rows.length > 0 && rows.byteLength <= MOST_FIXED_BYTES) {
      const spec = { ...this.#spec, chunkRows: this.rowCount };
      this.#place.group.writeRows(this.#name, spec, rows);
      this.pending.clear();
      return;
    }
    if (this.pending.length > 0 || this.#column === undefined) {
      this.#write(Math.max(1, Math.min(this.#chunkRows, this.rowCount)));
    }
  }

  #write(chunkRows: number): void {
    this.#column ??= this.#place.group.createColumn(this.#name, { ...this.#spec, chunkRows });
    this.observe();
    this.#column.append(this.pending.view() as Parameters<SinkColumn<K>["append"]>[0]);
    this.#writtenRows += this.pending.length / this.#width;
    this.pending.clear();
    this.#seen = 0;
  }
}
