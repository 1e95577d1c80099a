import type { KeyFilters } from "../btree/key-filters.ts";
import type { LeafHints } from "../btree/leaf-hints.ts";
import type { ColumnSets } from "../columns/column-sets.ts";
import type { Document } from "../document/value.ts";

/** A collection as the catalog has it. */
export interface KnownCollection {
  /** Undefined when there is no such collection. */
  readonly page: number | undefined;
  /** What it was made with; empty when that is nothing. */
  readonly options: Document;
}

/** What reading pages takes: the newest pages, or those of one moment. */
export interface PageReader {
  /** A page's bytes, valid until the operation ends. */
  read(number: number): Uint8Array;
  /** What the catalog says under a name, as far as it was asked; who changes the catalog empties it. */
  readonly collections?: Map<string, KnownCollection>;
  /** Where keys were found before; the newest pages alone have it. */
  readonly hints?: LeafHints;
  /** Of fields that scans look at; the newest pages alone have them, while no transaction changes any. */
  readonly columns?: ColumnSets | undefined;
  /** Which keys trees certainly lack; the newest pages alone have it. */
  readonly filters?: KeyFilters;
  /** Bytes of pages in memory, at the most; the newest pages alone say it. */
  readonly cacheBytes?: number;
  /** Bytes of each page. */
  readonly pageBytes: number;
  /** Of the file, for messages. */
  readonly path: string;
}
