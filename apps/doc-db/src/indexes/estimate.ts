/** How many documents ranges of an index lead to, about: what a plan is chosen by. */
import { TreeCursor } from "../btree/cursor.ts";
import { estimateEntries } from "../btree/estimate.ts";
import type { KeyRange } from "../btree/key-range.ts";
import type { Located } from "../btree/tree.ts";
import type { IndexEntry } from "../collection-page.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { documentsIn, hasPostings } from "./posting-format.ts";

/** Entries that are looked into for how many documents share one. */
const SAMPLED_ENTRIES = 8;
/** Ranges that are looked at; the others are taken to be like them. */
const SAMPLED_RANGES = 16;

/** About how many documents the ranges have; exact where they have few entries. */
export function estimateDocuments(pager: PageReader, index: IndexEntry, ranges: readonly KeyRange[]): number {
  let documents = 0;
  const sampled = Math.min(ranges.length, SAMPLED_RANGES);
  for (let i = 0; i < sampled; i++) {
    const range = ranges[Math.floor((i * ranges.length) / sampled)]!;
    const entries = estimateEntries(pager, index.root, range);
    documents += hasPostings(index.definition)
      ? entries * documentsAnEntry(pager, index.root, range)
      : entries;
  }
  return sampled === 0 ? 0 : (documents * ranges.length) / sampled;
}

function documentsAnEntry(pager: PageReader, root: number, range: KeyRange): number {
  const cursor = new TreeCursor(pager, root, range, undefined, false);
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  let entries = 0;
  let documents = 0;
  while (entries < SAMPLED_ENTRIES && cursor.next()) {
    cursor.value(place);
    documents += documentsIn(place.bytes.subarray(place.start, place.end));
    entries++;
  }
  return entries === 0 ? 1 : documents / entries;
}
