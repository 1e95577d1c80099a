/** Saves what can be read of a damaged database: page by page, going on behind what is broken. */
import { isMillraceError, readU32 } from "@millrace/base";
import { cellCount, childAt, isLeaf, keyOf, treeRootOf } from "../btree/node.ts";
import { type Located, locateValue, readNode } from "../btree/tree.ts";
import { isNamesKey } from "../catalog-names.ts";
import { documentCountOf, indexesOf, primaryRootOf } from "../collection-page.ts";
import { encodeId } from "../collection-store.ts";
import { decodeDocument } from "../document/decode.ts";
import { loadFieldNames } from "../document/field-names.ts";
import { type Document, isDocument } from "../document/value.ts";
import { compareBytes } from "../keys/compare.ts";
import type { ReportBytes } from "../report-bytes.ts";
import type { Executor } from "../storage/executor.ts";
import { pageCountOf } from "../storage/meta-page.ts";
import { CATALOG_PAGE, META_PAGE, PAGE_TYPE } from "../storage/page-format.ts";
import type { PageReader } from "../storage/page-reader.ts";

/** Where documents go whose collection cannot be told any more. */
export const LOST_AND_FOUND = "lost_and_found";

/** One collection of a damaged file. */
export interface RescuedCollection {
  readonly name: string;
  readonly specs: readonly Document[];
  readonly options: Document;
  /** As it was counted; undefined when the count is lost. */
  readonly expected: number | undefined;
  readonly documents: AsyncIterable<Document>;
}

/** Pages read between two reports. */
const REPORT_PAGES = 256;

/** Reads all that is readable. */
export class Rescue {
  readonly #engine: Executor;
  readonly #onProgress: ReportBytes;
  /** Pages of the file, each of which is passed twice: for names of fields, and for documents. */
  #count = 0;
  #pageBytes = 0;
  #passed = 0;
  /** Pages that belong to a tree that was read. */
  readonly #seen = new Set<number>();
  /** What could not be read, a sentence each. */
  readonly problems: string[] = [];

  constructor(engine: Executor, onProgress: ReportBytes) {
    this.#engine = engine;
    this.#onProgress = onProgress;
  }

  /** Each collection in turn: its documents must be read before the next. At the end those that are nobody's. */
  async *collections(): AsyncGenerator<RescuedCollection, void, undefined> {
    await this.#takeNamesIn();
    const decoder = new TextDecoder();
    for await (const { key, value } of this.#entries(CATALOG_PAGE)) {
      if (isNamesKey(key)) continue;
      const name = decoder.decode(key);
      const collection = await this.#attempt((pager) => {
        const page = pager.read(readU32(value, 0));
        const indexes = indexesOf(page);
        return {
          root: primaryRootOf(page),
          expected: documentCountOf(page),
          specs: indexes.map(({ definition }) => definition.spec),
          roots: indexes.map((index) => index.root),
        };
      });
      const options = value.length > 4 ? decodeDocument(value.subarray(4)) : {};
      if (collection === undefined) continue;
      const { root, specs, expected, roots } = collection;
      yield { name, specs, options, expected, documents: this.#documents(root) };
      // Only their pages are of interest: they hold no documents.
      for (const index of roots) for await (const _ of this.#entries(index));
    }
    yield { name: LOST_AND_FOUND, specs: [], options: {}, expected: undefined, documents: this.#strays() };
  }

  /** Lists of names, which the documents need, from every leaf of the catalog: the way to it may be broken. */
  async #takeNamesIn(): Promise<void> {
    await this.#engine.read((pager) => {
      this.#count = pageCountOf(pager.read(META_PAGE));
      this.#pageBytes = pager.pageBytes;
    });
    for (let number = CATALOG_PAGE; number < this.#count; number++) {
      this.#pass();
      await this.#attempt((pager) => {
        const page = pager.read(number);
        if (page[4] !== PAGE_TYPE.leaf || treeRootOf(page) !== CATALOG_PAGE) return;
        for (const { key, value } of this.#leafEntries(pager, page))
          if (isNamesKey(key)) loadFieldNames(key.subarray(1), value, pager.path);
      });
    }
  }

  async *#documents(root: number): AsyncGenerator<Document, void, undefined> {
    for await (const { value } of this.#entries(root)) {
      try {
        yield decodeDocument(value);
      } catch (error) {
        this.#note(error);
      }
    }
  }

  /** Documents in leaves that no tree leads to, since the pages above are broken. */
  async *#strays(): AsyncGenerator<Document, void, undefined> {
    for (let number = CATALOG_PAGE + 1; number < this.#count; number++) {
      if (this.#seen.has(number)) continue;
      this.#pass();
      const entries = await this.#engine.read((pager) => this.#strayEntries(pager, number));
      for (const { key, value } of entries) {
        const document = documentUnder(key, value);
        if (document !== undefined) yield document;
      }
    }
    const all = 2 * this.#count * this.#pageBytes;
    this.#onProgress(all, all);
  }

  #pass(): void {
    const all = 2 * this.#count;
    if (++this.#passed % REPORT_PAGES === 0 && this.#passed < all)
      this.#onProgress(this.#passed * this.#pageBytes, all * this.#pageBytes);
  }

  #strayEntries(pager: PageReader, number: number): { key: Uint8Array; value: Uint8Array }[] {
    try {
      const page = pager.read(number);
      return page[4] === PAGE_TYPE.leaf ? this.#leafEntries(pager, page) : [];
    } catch (error) {
      this.#note(error);
      return [];
    }
  }

  /** The entries of a tree, in their order, without those that cannot be reached. */
  async *#entries(root: number): AsyncGenerator<{ key: Uint8Array; value: Uint8Array }, void, undefined> {
    const stack = [root];
    for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
      // A page in two places would be read for ever.
      if (this.#seen.has(number)) continue;
      this.#seen.add(number);
      this.#pass();
      const at = number;
      const entries = await this.#attempt((pager) => {
        const page = readNode(pager, at);
        if (isLeaf(page)) return this.#leafEntries(pager, page);
        for (let i = cellCount(page); i >= 0; i--) stack.push(childAt(page, i));
        return [];
      });
      if (entries !== undefined) yield* entries;
    }
  }

  #leafEntries(pager: PageReader, page: Uint8Array): { key: Uint8Array; value: Uint8Array }[] {
    const place: Located = { bytes: page, start: 0, end: 0 };
    const entries: { key: Uint8Array; value: Uint8Array }[] = [];
    for (let i = 0; i < cellCount(page); i++) {
      try {
        locateValue(pager, page, i, place);
        entries.push({ key: keyOf(page, i).slice(), value: place.bytes.slice(place.start, place.end) });
      } catch (error) {
        this.#note(error);
      }
    }
    return entries;
  }

  async #attempt<T>(look: (pager: PageReader) => T): Promise<T | undefined> {
    try {
      return await this.#engine.read(look);
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  /** Damage is what we are here for; anything else ends the rescue. */
  #note(error: unknown): void {
    if (!isMillraceError(error) || !/_(CORRUPT|MISSING)$/.test(error.code)) throw error;
    if (!this.problems.includes(error.message)) this.problems.push(error.message);
  }
}

/** A document, if that is what lies there: entries of indexes are told from it by their keys. */
function documentUnder(key: Uint8Array, value: Uint8Array): Document | undefined {
  try {
    const document = decodeDocument(value);
    const id = isDocument(document) ? document._id : undefined;
    return id !== undefined && compareBytes(encodeId(id), key) === 0 ? document : undefined;
  } catch {
    // No document at all: the usual case for an entry of an index.
    return undefined;
  }
}
