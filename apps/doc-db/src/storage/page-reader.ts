import type { LeafHints } from "../btree/leaf-hints.ts";

/** What reading pages takes: the newest pages, or those of one moment. */
export interface PageReader {
  /** A page's bytes, valid until the operation ends. */
  read(number: number): Uint8Array;
  /** Pages of collections by name, as far as they are known; who changes the catalog empties it. */
  readonly collections?: Map<string, number>;
  /** Where keys were found before; the newest pages alone have it. */
  readonly hints?: LeafHints;
  /** Of the file, for messages. */
  readonly path: string;
}
