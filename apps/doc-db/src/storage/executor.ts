import type { PageReader } from "./page-reader.ts";
import type { PageWriter } from "./page-writer.ts";
import type { Scratch } from "./scratch.ts";

/** Runs reads and changes: the database itself, a transaction that goes on over calls, or one moment of it. */
export interface Executor {
  /** Bytes of pages in memory; changes of much larger parts of it should be long ones. */
  readonly cacheBytes: number;
  /** Where queries put what memory has no room for. */
  readonly scratch: Scratch;
  /** Runs something that only reads; it sees whole transactions. */
  read<T>(look: (pager: PageReader) => T): Promise<T>;
  /** As {@link Executor.read} at once. @throws MillraceError `DOCDB_DATABASE_BUSY` while an import or the like goes on */
  readSync<T>(look: (pager: PageReader) => T): T;
  /** Runs a change that is undone when it throws. @returns its result, once it is as safe as is promised */
  write<T>(change: (pager: PageWriter) => T): Promise<T>;
  /** As {@link Executor.write} at once. @throws MillraceError `DOCDB_DATABASE_BUSY` while others write */
  writeSync<T>(change: (pager: PageWriter) => T): T;
  /** As {@link Executor.write} for a change of any size; it calls `step` after each document. */
  writeLong<T>(change: (pager: PageWriter, step: () => void) => Promise<T>): Promise<T>;
}
