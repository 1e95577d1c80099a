/** Reads the documents that a plan leads to, in batches, where they lie. */
import { assert } from "@millrace/base";
import { TreeCursor } from "./btree/cursor.ts";
import { isInRange, type KeyRange } from "./btree/key-range.ts";
import { MAX_WARM } from "./btree/leaf-hints.ts";
import { type Located, located, locateInTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { findIndex, type IndexEntry, primaryRootOf } from "./collection-page.ts";
import { ColumnScan } from "./columns/column-scan.ts";
import { type DocumentView, documentView } from "./document/lookup.ts";
import type { PlannedQuery } from "./fetch.ts";
import { gather, giveIdList, takeIdList } from "./indexes/id-list.ts";
import type { IdSet } from "./indexes/id-set.ts";
import { keysOf } from "./indexes/keys.ts";
import { PostingCursor, type PostingPlace } from "./indexes/posting-cursor.ts";
import { gatherIds } from "./indexes/sieve.ts";
import { compareBytes } from "./keys/compare.ts";
import { indexEntryKey } from "./keys/index-keys.ts";
import { fail } from "./mql/error.ts";
import type { CompiledFilter } from "./query/filter.ts";
import { inputName } from "./query/intersect.ts";
import type { KeyScan } from "./query/plan.ts";
import { isOneKey } from "./query/scan-bounds.ts";
import type { FieldLookup } from "./query/tests.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { FetchCounters, FieldTake, Take } from "./take.ts";

/** Keys and bytes read before others get their turn. */
const BATCH_KEYS = 256;
/** Of the first batch, which is often all that is wanted; each next one is twice as large. */
const FIRST_BATCH_KEYS = 128;
const BATCH_BYTES = 1024 * 1024;
/** Of columns, which are read faster. */
const BATCH_ROWS = 2048;

/** Keys that are read for each document, at the most, where other indexes leave documents out. */
const SIEVED_KEYS = 64;

/** Documents of that many bytes on average are located one at a time. */
const LARGE_BYTES = 16 * 1024;

/** One query that is being read. Between two batches the database may change. */
export class MatchReader<T> {
  /** Whether there are no further matches. */
  isDone: boolean;
  readonly #name: string;
  readonly #collection: number;
  readonly #scans: readonly KeyScan[];
  readonly #filter: CompiledFilter;
  readonly #counters: FetchCounters;
  readonly #take: Take<T>;
  #madeView: DocumentView | undefined;
  #scan = 0;
  #range = 0;
  #after: PostingPlace | undefined;
  #size: number;
  /** The `_id`s that the scan's sieves leave. */
  #sieve: IdSet | undefined;
  /** The scan that they are of. */
  #sieved: KeyScan | undefined;
  /** Before the first batch of a scan that may be answered by columns: the fields that it looks at. */
  #fields: readonly string[] | undefined;
  #columns: ColumnScan<T> | undefined;

  constructor(
    name: string,
    { collection, plan }: PlannedQuery,
    filter: CompiledFilter,
    counters: FetchCounters,
    take: Take<T>,
    wanted?: number,
  ) {
    this.#size = Math.min(Math.max(1, wanted ?? FIRST_BATCH_KEYS), BATCH_KEYS);
    this.#name = name;
    this.#collection = collection;
    this.#scans = plan.scans;
    this.#filter = filter;
    this.#counters = counters;
    this.#take = take;
    this.isDone = plan.scans.length === 0;
    const isForAll = plan.isFullScan && wanted === undefined && plan.scans[0]?.isDescending === false;
    if (isForAll && filter.topFields !== undefined)
      this.#fields = [...new Set([...filter.topFields, ...(take.ofFields?.fields ?? [])])].sort();
  }

  /** Made when the first document is looked at: keys alone answer many queries. */
  get #view(): DocumentView {
    this.#madeView ??= documentView();
    return this.#madeView;
  }

  /** The next matches: perhaps none, though there are more. @throws LanguageError 175 when the collection is gone */
  readonly readBatch = (pager: PageReader): T[] => {
    checkStillThere(pager, this.#name, this.#collection, this.#scans[this.#scan]!);
    return this.readPlanned(pager);
  };

  /** The first matches, in the read that the plan was made in. */
  readPlanned(pager: PageReader): T[] {
    const found: T[] = [];
    let left = this.#size;
    this.#size = Math.min(2 * this.#size, BATCH_KEYS);
    const scan = this.#scans[this.#scan]!;
    const columns = this.#columnScan(pager);
    if (columns !== undefined) {
      const rows = columns.readBatch(pager, BATCH_ROWS, found);
      this.#counters.keysExamined += rows;
      this.#counters.documentsExamined += rows;
      this.isDone = columns.isDone;
      return found;
    }
    // Short ranges follow each other in one batch.
    while (!this.isDone && left > 0 && this.#scans[this.#scan] === scan) {
      const { ranges } = scan;
      const range = ranges[scan.isDescending ? ranges.length - 1 - this.#range : this.#range];
      if (range !== undefined) left -= this.#readRange(pager, scan, range, left, found);
      if (this.#after === undefined) this.#nextRange(ranges.length);
    }
    return found;
  }

  /** The scan by columns, where every document is looked at for some fields, as far as there are such columns. */
  #columnScan(pager: PageReader): ColumnScan<T> | undefined {
    const fields = this.#fields;
    this.#fields = undefined;
    if (fields === undefined) return this.#columns;
    const root = primaryRootOf(pager.read(this.#collection));
    const set = pager.columns?.setFor(root, fields);
    if (set !== undefined) this.#columns = new ColumnScan(root, set, this.#filter, this.#take);
    return this.#columns;
  }

  #nextRange(count: number): void {
    if (++this.#range < count) return;
    this.#range = 0;
    if (++this.#scan === this.#scans.length) this.isDone = true;
  }

  /** @returns how many keys were read; `#after` is undefined at the end of the range */
  #readRange(pager: PageReader, scan: KeyScan, range: KeyRange, most: number, found: T[]): number {
    const primary = primaryRootOf(pager.read(this.#collection));
    const after = this.#after;
    this.#after = undefined;
    return scan.index === undefined
      ? this.#readDocuments(pager, primary, scan, range, after, most, found)
      : this.#readPostings(pager, primary, scan, scan.index, range, after, most, found);
  }

  #readDocuments(
    pager: PageReader,
    root: number,
    scan: KeyScan,
    range: KeyRange,
    after: PostingPlace | undefined,
    most: number,
    found: T[],
  ): number {
    const filters = isOneKey(range) ? pager.filters : undefined;
    if (filters?.lacks(root, range.lo, 0, range.lo.length) === true) return 0;
    const cursor = new TreeCursor(pager, root, range, after?.key, scan.isDescending);
    const view = this.#view;
    const filter = this.#filter;
    const take = this.#take;
    const isPlain = scan.branch === undefined && scan.isFoundBefore.length === 0;
    const place: Located = { bytes: cursor.page, start: 0, end: 0 };
    let keys = 0;
    let bytes = 0;
    while (cursor.next()) {
      keys++;
      cursor.value(place);
      bytes += place.end - place.start;
      view.moveTo(place.bytes, place.start, place.end);
      if (filter.matches(view) && (isPlain || this.#isWanted(scan)))
        found.push(take(place.bytes, place.start, place.end, cursor.page, cursor.keyStart, cursor.keyEnd));
      if (keys >= most || bytes >= BATCH_BYTES) {
        this.#after = { key: cursor.key(), idBytes: cursor.keyEnd - cursor.keyStart };
        break;
      }
    }
    if (keys === 0) filters?.missed(root);
    this.#counters.keysExamined += keys;
    this.#counters.documentsExamined += keys;
    return keys;
  }

  #readPostings(
    pager: PageReader,
    primary: number,
    scan: KeyScan,
    index: IndexEntry,
    range: KeyRange,
    after: PostingPlace | undefined,
    most: number,
    found: T[],
  ): number {
    const cursor = new PostingCursor(pager, index.root, range, after, scan.isDescending);
    const view = scan.isExact ? undefined : this.#view;
    const filter = this.#filter;
    const take = this.#take;
    const isPlain = scan.branch === undefined && scan.isFoundBefore.length === 0 && !index.isMultikey;
    const sieve = scan.sieves.length === 0 ? undefined : this.#sieveOf(pager, primary, scan);
    const mostKeys = sieve === undefined ? most : most * SIEVED_KEYS;
    let keys = 0;
    let documents = 0;
    let bytes = 0;
    let isMore = true;
    if (scan.isExact && take.ofFields?.fields.length === 0)
      return this.#takeKeys(cursor, take.ofFields, found);
    const ahead = takeIdList();
    while (isMore && documents < most && keys < mostKeys && bytes < BATCH_BYTES) {
      // Of large documents, and where the first of several keys is looked for, one at a time.
      const isOneByOne = index.isMultikey || bytes > documents * LARGE_BYTES;
      const room = isOneByOne ? 1 : Math.min(MAX_WARM, most - documents);
      const read = gather(cursor, ahead, room, mostKeys - keys, sieve);
      isMore = read >= 0;
      keys += isMore ? read : -1 - read;
      if (ahead.count > 1) pager.hints?.warm(primary, ahead);
      for (let i = 0; i < ahead.count; i++) {
        const idStart = ahead.starts[i]!;
        const idEnd = ahead.ends[i]!;
        const isThere = locateInTree(pager, primary, ahead.bytes, idStart, idEnd);
        assert(isThere, "an index leads to documents that are there");
        const { bytes: page, start, end } = located;
        bytes += end - start;
        view?.moveTo(page, start, end);
        if (
          view === undefined ||
          (filter.matches(view) &&
            (isPlain ||
              (this.#isWanted(scan) && (!index.isMultikey || isFirstKey(scan, index, cursor, view)))))
        )
          found.push(take(page, start, end, ahead.bytes, idStart, idEnd));
      }
      documents += ahead.count;
    }
    giveIdList(ahead);
    if (isMore) this.#after = cursor.place();
    this.#counters.documentsExamined += documents;
    if (scan.sieves.length === 0) this.#counters.keysExamined += keys;
    else this.#counters.addKeys(inputName({ index, ranges: scan.ranges }), keys);
    return Math.max(documents, Math.ceil(keys / SIEVED_KEYS));
  }

  /** The keys say all that is wanted: no document is looked at. */
  #takeKeys(cursor: PostingCursor, { take }: FieldTake<T>, found: T[]): number {
    let keys = 0;
    let isMore = cursor.next();
    while (isMore) {
      found.push(take(this.#view));
      if (++keys === BATCH_ROWS) break;
      isMore = cursor.next();
    }
    if (isMore) this.#after = cursor.place();
    this.#counters.keysExamined += keys;
    return keys;
  }

  /** Gathered once a scan: what comes in later was not there when the query began. */
  #sieveOf(pager: PageReader, primary: number, scan: KeyScan): IdSet | undefined {
    if (this.#sieved === scan) return this.#sieve;
    for (const sieve of scan.sieves) checkStillThere(pager, this.#name, this.#collection, sieve);
    this.#sieve = gatherIds(pager, primary, scan.sieves, this.#counters.addKeys);
    this.#sieved = scan;
    return this.#sieve;
  }

  /** Whether a match is one of its scan's own. */
  #isWanted({ branch, isFoundBefore }: KeyScan): boolean {
    const view = this.#view;
    return branch?.(view) !== false && !isFoundBefore.some((test) => test(view));
  }
}

/** Between two batches the collection or the index may have been dropped, and its pages be used for other things. */
function checkStillThere(
  pager: PageReader,
  name: string,
  collection: number,
  { index }: Pick<KeyScan, "index">,
): void {
  const isThere =
    findCollection(pager, name) === collection &&
    (index === undefined || findIndex(pager.read(collection), index.definition.name)?.root === index.root);
  if (!isThere) fail(175, "query", name, "a collection and index that are not dropped while they are read");
}

/**
 * Whether an entry is the first of its document's in the ranges: a document with an array has several, and is wanted
 * once. This needs no memory of what was given before.
 */
function isFirstKey(
  scan: KeyScan,
  { definition }: IndexEntry,
  cursor: PostingCursor,
  lookup: FieldLookup,
): boolean {
  const entry = cursor.place().key;
  const idKey = cursor.bytes.slice(cursor.idStart, cursor.idEnd);
  for (const value of keysOf(definition, lookup).keys) {
    const key = indexEntryKey(value, idKey);
    if (scan.ranges.some((range) => isInRange(key, range))) return compareBytes(key, entry) === 0;
  }
  return true;
}
