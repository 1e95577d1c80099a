/** Foreign keys in the catalog: each is kept with the collection that refers, whose name the other one keeps. */

import { TreeCursor } from "../btree/cursor.ts";
import { ALL_KEYS } from "../btree/key-range.ts";
import type { Located } from "../btree/tree.ts";
import {
  collectionOptions,
  findCollection,
  findOrCreateCollection,
  setCollectionOptions,
} from "../catalog.ts";
import { indexesOf, primaryRootOf } from "../collection-page.ts";
import { decodeDocument } from "../document/decode.ts";
import type { Document, Value } from "../document/value.ts";
import { buildIndex } from "../indexes/store.ts";
import { fail } from "../mql/error.ts";
import { namespaceOf } from "../names.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { hasValue } from "./find-referred.ts";
import { type ForeignKey, ForeignKeyError, foreignKeysOf, referrersOf } from "./foreign-keys.ts";
import { referringValues } from "./referring-values.ts";

/** Gives a collection foreign keys, and no others, and the indexes that they need. @throws ForeignKeyError */
export function setForeignKeys(pager: PageWriter, name: string, keys: readonly Document[]): void {
  forget(pager, name);
  const { foreignKeys: _, ...options } = collectionOptions(pager, name);
  setCollectionOptions(pager, name, keys.length === 0 ? options : { ...options, foreignKeys: keys });
  for (const key of foreignKeysOf({ foreignKeys: keys }, name)) {
    checkTarget(pager, key);
    const page = findCollection(pager, name)!;
    const isIndexed = indexesOf(pager.read(page)).some(
      ({ definition: { fields, isSparse, partial, collation } }) =>
        fields[0]!.path === key.field &&
        fields[0]!.kind === "value" &&
        !isSparse &&
        partial === undefined &&
        collation === undefined,
    );
    if (!isIndexed) buildIndex(pager, page, { v: 2, key: { [key.field]: 1 }, name: `${key.field}_1` });
    const parent = collectionOptions(pager, key.parent);
    const referencedBy = [...new Set([...referrersOf(parent), name])];
    setCollectionOptions(pager, key.parent, { ...parent, referencedBy });
  }
  checkReferences(pager, name);
}

/** Only what is unique can be referred to. */
function checkTarget(pager: PageWriter, { name, parent, target }: ForeignKey): void {
  const page = findOrCreateCollection(pager, parent);
  const isUnique =
    target === "_id" ||
    indexesOf(pager.read(page)).some(
      ({ definition: { isUnique: is, fields, partial, collation } }) =>
        is &&
        fields.length === 1 &&
        fields[0]!.path === target &&
        partial === undefined &&
        collation === undefined,
    );
  if (!isUnique) fail(72, `foreign key ${name}`, target, `_id, or a field of ${parent} with a unique index`);
}

/** Before a collection is dropped. @throws ForeignKeyError when another one refers to it */
export function forgetReferences(pager: PageWriter, name: string): void {
  const other = referrersOf(collectionOptions(pager, name)).find((child) => child !== name);
  if (other !== undefined)
    throw new ForeignKeyError(`drop ${name}`, other, "no collection with a foreign key to it");
  forget(pager, name);
}

function forget(pager: PageWriter, name: string): void {
  for (const { parent } of foreignKeysOf(collectionOptions(pager, name), name)) {
    const { referencedBy: _, ...options } = collectionOptions(pager, parent);
    const others = referrersOf(collectionOptions(pager, parent)).filter((child) => child !== name);
    if (findCollection(pager, parent) === undefined) continue;
    setCollectionOptions(pager, parent, others.length === 0 ? options : { ...options, referencedBy: others });
  }
}

/** After a collection has got another name. @throws LanguageError 20 for one in another database */
export function moveReferences(pager: PageWriter, from: string, to: string): void {
  const options = collectionOptions(pager, to);
  const own = foreignKeysOf(options, from);
  const referrers = referrersOf(options);
  if (own.length === 0 && referrers.length === 0) return;
  if (namespaceOf(from).database !== namespaceOf(to).database)
    fail(20, "renameCollection", to, "a collection without foreign keys, or a name in its database");
  const renamed = (name: string): string => (name === from ? to : name);
  for (const parent of new Set(own.map((key) => renamed(key.parent)))) {
    const kept = collectionOptions(pager, parent);
    setCollectionOptions(pager, parent, { ...kept, referencedBy: referrersOf(kept).map(renamed) });
  }
  for (const child of referrers.map(renamed)) {
    const kept = collectionOptions(pager, child);
    const foreignKeys = (kept.foreignKeys as readonly Document[]).map((key) => {
      const references = key.references as Document;
      const isHere = references.collection === namespaceOf(from).collection;
      return isHere ? { ...key, references: { ...references, collection: namespaceOf(to).collection } } : key;
    });
    setCollectionOptions(pager, child, { ...kept, foreignKeys });
  }
}

/** Looks at all documents of a collection, and of those that refer to it. @throws ForeignKeyError */
export function checkReferences(pager: PageReader, name: string): void {
  for (const each of new Set([name, ...referrersOf(collectionOptions(pager, name))])) {
    for (const { key, id, value } of danglingReferences(pager, each)) {
      throw new ForeignKeyError(
        `${key.child} ${key.name}: ${key.field} of the document with _id ${String(id)}`,
        value,
        `a ${key.target} that a document of ${key.parent} has`,
      );
    }
  }
}

/** A reference to nothing. */
export interface DanglingReference {
  readonly key: ForeignKey;
  readonly id: Value;
  readonly value: Value;
}

/** The references of a collection that lead nowhere. */
export function* danglingReferences(pager: PageReader, name: string): Generator<DanglingReference> {
  const keys = foreignKeysOf(collectionOptions(pager, name), name);
  const page = findCollection(pager, name);
  if (keys.length === 0 || page === undefined) return;
  const cursor = new TreeCursor(pager, primaryRootOf(pager.read(page)), ALL_KEYS, undefined, false);
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  while (cursor.next()) {
    cursor.value(place);
    const document = decodeDocument(place.bytes.slice(place.start, place.end));
    for (const key of keys) {
      for (const value of referringValues(document, key.parts))
        if (!hasValue(pager, key.parent, key.target, value)) yield { key, id: document._id!, value };
    }
  }
}
