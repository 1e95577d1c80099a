import type { FieldNames } from "../document/field-names.ts";
import type { PageReader } from "./page-reader.ts";

/** What changing pages takes: pages that a transaction is gathered in. */
export interface PageWriter extends PageReader {
  /** Set during a long transaction, whose steps end with {@link PageWriter.endOperation}. */
  readonly touched: ReadonlySet<number> | undefined;
  /** Lists of names that the file is known to have; emptied when a transaction is undone. */
  readonly keptNames?: Set<FieldNames>;
  /** A page's bytes to change. */
  modify(number: number): Uint8Array;
  /** As {@link PageWriter.modify} for who notes each change, as those of nodes and of a collection's page are. */
  modifyNoted(number: number): Uint8Array;
  /** A new, empty page of a type. */
  allocate(type: number): { number: number; page: Uint8Array };
  /** Puts a page on the chain of free ones. */
  free(number: number): void;
  /** Says that the running operation is done with a page. */
  settle(number: number): void;
  endOperation(): void;
}
