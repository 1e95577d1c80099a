/** The calls of a collection that do not wait: pages that are not in memory are read meanwhile, the log is written. */
import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { located } from "./btree/tree.ts";
import { deletion } from "./collection-delete.ts";
import { getDocument, locateDocument } from "./collection-get.ts";
import { insertDocumentsSync, replaceDocumentSync } from "./collection-insert.ts";
import { encodeSharedId } from "./collection-store.ts";
import type { UpdateResult } from "./collection-update.ts";
import {
  DEFAULT_SYNC_UPDATE_OPTIONS,
  type SyncUpdateOptions,
  updateDocumentsSync,
} from "./collection-update-sync.ts";
import { LazyDocument } from "./document/lazy-document.ts";
import type { Document, Value } from "./document/value.ts";
import { idKeysOf } from "./fetch.ts";
import { compileFilter } from "./query/filter.ts";
import type { Executor } from "./storage/executor.ts";

/**
 * Reads and changes without waiting. A change is as safe as the durability says when the call returns; several are one
 * transaction within `database.transactSync`.
 *
 * All of them throw MillraceError `DOCDB_DATABASE_BUSY` during an import, and those that change also while others that
 * wait are on their way.
 */
export class CollectionSync {
  readonly name: string;
  readonly #engine: Executor;
  /** For {@link CollectionSync.look}; a `look` within a `look` has another one. */
  #lazy: LazyDocument | undefined;

  constructor(engine: Executor, name: string) {
    this.#engine = engine;
    this.name = name;
  }

  /** The document with an `_id`; undefined when there is none. */
  getSync(id: Value): Document | undefined {
    return this.#engine.readSync((pager) => {
      const { bytes, length } = encodeSharedId(id);
      return getDocument(pager, this.name, bytes, length);
    });
  }

  /**
   * Looks at the document with an `_id` where it lies, without waiting, copying or decoding it.
   * @param look - must not change the database
   * @returns what `look` returns; undefined when there is no such document
   * @example
   * people.look(7, (person) => person.get("name"));
   */
  look<T>(id: Value, look: (document: LazyDocument) => T): T | undefined {
    return this.#engine.readSync((pager) => {
      const { bytes, length } = encodeSharedId(id);
      if (!locateDocument(pager, this.name, bytes, length)) return undefined;
      const document = this.#lazy ?? new LazyDocument();
      this.#lazy = undefined;
      document.moveTo(located.bytes, located.start, located.end);
      try {
        return look(document);
      } finally {
        document.leave();
        this.#lazy = document;
      }
    });
  }

  /** Puts a document in; without an `_id` it gets an ObjectId. @returns its `_id` @throws MillraceError `DOCDB_KEY_DUPLICATE` */
  insertOneSync(document: Document): Value {
    return this.insertManySync([document])[0]!;
  }

  /** Puts documents in, all of them or none. @returns their `_id`s @throws as {@link insertOneSync} */
  insertManySync(documents: readonly Document[]): Value[] {
    return insertDocumentsSync(this.#engine, this.name, documents);
  }

  /** Changes the first match by update operators. @throws as `updateOne` does */
  updateOneSync(
    filter: Document,
    update: Document | readonly Document[],
    options?: SyncUpdateOptions,
  ): UpdateResult {
    return this.#update(filter, update, options, false);
  }

  /** Changes all matches, or none: unlike `updateMany` in one transaction. */
  updateManySync(
    filter: Document,
    update: Document | readonly Document[],
    options?: SyncUpdateOptions,
  ): UpdateResult {
    return this.#update(filter, update, options, true);
  }

  /**
   * Puts a document in the place of the one with its `_id`. @returns whether there was one
   * @throws InvalidArgumentError `DOCDB_REPLACE_ARGUMENTS` for a second argument
   */
  replaceOneSync(document: Document, ...rest: readonly never[]): boolean {
    checkReplaceArguments(rest);
    return replaceDocumentSync(this.#engine, this.name, document);
  }

  /** Takes the first match out. @returns whether there was one */
  deleteOneSync(filter: Document): boolean {
    return this.#delete(filter, 1) === 1;
  }

  /** Takes all matches out, in one transaction. @returns how many there were */
  deleteManySync(filter: Document): number {
    return this.#delete(filter, Number.POSITIVE_INFINITY);
  }

  #update(
    filter: Document,
    update: Document | readonly Document[],
    options: SyncUpdateOptions | undefined,
    isMany: boolean,
  ): UpdateResult {
    const filled = resolveOptions<Required<SyncUpdateOptions>>("docdb", DEFAULT_SYNC_UPDATE_OPTIONS, options);
    return updateDocumentsSync(this.#engine, this.name, filter, update, filled, isMany);
  }

  #delete(filter: Document, most: number): number {
    const compiled = compileFilter(filter);
    return this.#engine.writeSync((pager) =>
      deletion(this.name, idKeysOf(pager, this.name, compiled, most))(pager),
    );
  }
}

/** The driver's calls of this name have a filter first, which would be stored as the document. */
export function checkReplaceArguments(rest: readonly unknown[]): void {
  if (rest.length === 0) return;
  const expected = "none: its _id says which; for a filter take replaceOne of `connect`'s collections";
  throw new InvalidArgumentError(
    "DOCDB_REPLACE_ARGUMENTS",
    "replaceOne's second argument",
    rest[0],
    expected,
  );
}
