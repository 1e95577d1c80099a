/** Looks documents up by the value of a field, within a running operation. */
import { locateInTree } from "../btree/tree.ts";
import { findCollection } from "../catalog.ts";
import { primaryRootOf } from "../collection-page.ts";
import { MAX_ID_KEY_BYTES } from "../collection-store.ts";
import { decodeDocument } from "../document/decode.ts";
import type { Document, Value } from "../document/value.ts";
import { ANY_PLAN, planOn } from "../fetch.ts";
import { encodeKey } from "../keys/encode-key.ts";
import { MatchReader } from "../match-reader.ts";
import { compileFilter } from "../query/filter.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { FetchCounters, type Take } from "../take.ts";

/** A document by the key of its `_id`. */
export interface Found {
  readonly idKey: Uint8Array;
  readonly bytes: Uint8Array;
  readonly document: Document;
}

const asFound: Take<Found> = (bytes, start, end, keys, keyStart, keyEnd) => {
  const own = bytes.slice(start, end);
  return { idKey: keys.slice(keyStart, keyEnd), bytes: own, document: decodeDocument(own) };
};

/** The documents of a collection whose field, or an element of it, has a value; by an index where there is one. */
export function documentsWith(
  pager: PageReader,
  name: string,
  field: string,
  value: Value,
  limit: number = Number.POSITIVE_INFINITY,
): Found[] {
  const filter = compileFilter({ [field]: { $eq: value } });
  const planned = planOn(pager, name, filter, ANY_PLAN);
  const found: Found[] = [];
  if (planned === undefined) return found;
  const reader = new MatchReader(name, planned, filter, new FetchCounters(), asFound);
  while (!reader.isDone && found.length < limit) found.push(...reader.readBatch(pager));
  return found;
}

/** Whether a collection has a document with a value. */
export function hasValue(pager: PageReader, name: string, field: string, value: Value): boolean {
  if (field !== "_id") return documentsWith(pager, name, field, value, 1).length > 0;
  const page = findCollection(pager, name);
  if (page === undefined || Array.isArray(value)) return false;
  const key = encodeKey(value);
  return (
    key.length <= MAX_ID_KEY_BYTES && locateInTree(pager, primaryRootOf(pager.read(page)), key, 0, key.length)
  );
}
