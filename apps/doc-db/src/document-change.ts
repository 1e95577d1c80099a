/** The change of one document within a transaction: by its bytes alone, where that is enough. */
import { located, locateInTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { recorderOf } from "./changes/feed.ts";
import { primaryRootOf } from "./collection-page.ts";
import { deleteById, prepareChanged, replacePrepared } from "./collection-store.ts";
import type { References } from "./constraints/references.ts";
import { decodeDocument } from "./document/decode.ts";
import { encodeDocument, sharedCopy } from "./document/encode.ts";
import { lookupIn } from "./document/lookup.ts";
import type { Document } from "./document/value.ts";
import { compareBytes } from "./keys/compare.ts";
import { type FieldChange, patchDocument } from "./mql/update/patch.ts";
import type { CompiledFilter } from "./query/filter.ts";
import type { PageWriter } from "./storage/page-writer.ts";
import { validatorOf } from "./validation.ts";

/** One document before and after its change. */
export interface Changed {
  readonly before: Document;
  /** Undefined when it was taken out. */
  readonly after: Document | undefined;
}

/** Gives what becomes of a document; undefined takes it out. */
export interface DocumentChange {
  (document: Document): Document | undefined;
  /** Whether it gives whole documents, whatever was there. */
  readonly isReplacement?: boolean;
  /** What it does, where it changes top-level fields each on its own. */
  readonly fieldChanges?: readonly FieldChange[] | undefined;
}

/** What was done to one document. */
export interface UpdateCounts {
  readonly matchedCount: number;
  readonly modifiedCount: number;
}

const MATCHED: UpdateCounts = { matchedCount: 1, modifiedCount: 0 };
const MODIFIED: UpdateCounts = { matchedCount: 1, modifiedCount: 1 };

/** Changes one document. @returns undefined when it is not there any more, or matches no more */
export type ChangeAt<T> = (
  pager: PageWriter,
  idKey: Uint8Array,
  references: References | undefined,
) => T | undefined;

/** Whether an update changed nothing; one of the two may be stored with its names, and the other without. */
function isSameDocument(before: Document, bytes: Uint8Array, after: Document, other: Uint8Array): boolean {
  if (bytes.length === other.length) return compareBytes(bytes, other) === 0;
  return compareBytes(encodeDocument(before), encodeDocument(after)) === 0;
}

/** A document that is there and matches: the page of its collection, and a copy of its bytes, as the page changes. */
interface Target {
  readonly collection: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Looks again whether the document is there and matches: others may have written since it was found. */
function targetOf(
  pager: PageWriter,
  name: string,
  idKey: Uint8Array,
  filter: CompiledFilter,
): Target | undefined {
  const collection = findCollection(pager, name);
  const root = collection === undefined ? undefined : primaryRootOf(pager.read(collection));
  if (collection === undefined || root === undefined) return undefined;
  if (!locateInTree(pager, root, idKey, 0, idKey.length)) return undefined;
  // In a block with others, as it is let go soon.
  const bytes = sharedCopy(located.bytes.subarray(located.start, located.end));
  return filter.matches(lookupIn(bytes)) ? { collection, bytes } : undefined;
}

/** Changes one document. @returns undefined as {@link ChangeAt} says */
export function changeById(
  pager: PageWriter,
  name: string,
  idKey: Uint8Array,
  filter: CompiledFilter,
  change: DocumentChange,
  references: References | undefined,
): Changed | undefined {
  const target = targetOf(pager, name, idKey, filter);
  return target && changeTarget(pager, name, idKey, target, change, references);
}

function changeTarget(
  pager: PageWriter,
  name: string,
  idKey: Uint8Array,
  { collection, bytes }: Target,
  change: DocumentChange,
  references: References | undefined,
): Changed {
  const before = decodeDocument(bytes);
  const after = change(before);
  if (after === undefined) {
    deleteById(pager, collection, idKey);
    recorderOf(pager, name)?.delete(before._id!);
    references?.deleted(before);
    return { before, after };
  }
  const prepared = prepareChanged(before, bytes, after);
  validatorOf(pager, name)?.(after, before);
  if (isSameDocument(before, bytes, after, prepared.bytes)) return { before, after: before };
  replacePrepared(pager, collection, bytes, prepared);
  recorderOf(pager, name)?.change(before, after, change.isReplacement === true);
  references?.changed(before, after);
  return { before, after };
}

/** Changes one document, and counts. Where nobody has to see it before and after, numbers are changed where they lie. */
export function updateById(
  name: string,
  filter: CompiledFilter,
  change: DocumentChange,
): ChangeAt<UpdateCounts> {
  return (pager, idKey, references) => {
    const target = targetOf(pager, name, idKey, filter);
    if (target === undefined) return undefined;
    const { fieldChanges } = change;
    const isSeen = references !== undefined || recorderOf(pager, name) !== undefined;
    if (fieldChanges !== undefined && !isSeen && validatorOf(pager, name) === undefined) {
      const patched = sharedCopy(target.bytes);
      if (patchDocument(patched, fieldChanges)) {
        if (compareBytes(target.bytes, patched) === 0) return MATCHED;
        const prepared = { id: null, idKey, bytes: patched, names: [] };
        replacePrepared(pager, target.collection, target.bytes, prepared);
        return MODIFIED;
      }
    }
    const { before, after } = changeTarget(pager, name, idKey, target, change, references);
    return after === before ? MATCHED : MODIFIED;
  };
}
