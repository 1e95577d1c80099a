import { collectionOptions, findCollection } from "../catalog.ts";
import { recorderOf } from "../changes/feed.ts";
import { deleteById, prepareDocument, replacePrepared } from "../collection-store.ts";
import type { Document, Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { validatorOf } from "../validation.ts";
import { documentsWith, type Found, hasValue } from "./find-referred.ts";
import { type ForeignKey, ForeignKeyError, foreignKeysOf, referrersOf } from "./foreign-keys.ts";
import { referringValues, replaceReferring } from "./referring-values.ts";

/** The foreign keys of one collection, and those of others that refer to it. */
interface Ties {
  readonly own: readonly ForeignKey[];
  readonly others: readonly ForeignKey[];
}

/** A value that referred to something and now does not, or does not yet. */
interface Loose {
  readonly key: ForeignKey;
  readonly value: Value;
  readonly id: Value;
}

/** A value that was there to be referred to. */
interface Gone {
  readonly key: ForeignKey;
  readonly value: Value;
  /** Of the parent. */
  readonly id: Value;
  /** What it became in an update; undefined where the document is deleted. */
  readonly next: Value | undefined;
}

/**
 * Keeps the references between collections whole through one change: what it does is told document by document, and
 * what follows from it is done, or refused, by {@link References.settle} at its end, in the same transaction.
 */
export class References {
  readonly #pager: PageWriter;
  readonly #name: string;
  readonly #ties = new Map<string, Ties>();
  readonly #loose: Loose[] = [];
  readonly #gone: Gone[] = [];

  /** Made by {@link referencesOf}. */
  constructor(pager: PageWriter, name: string, ties: Ties) {
    this.#pager = pager;
    this.#name = name;
    this.#ties.set(name, ties);
  }

  /** A document was, or is about to be, put in. */
  inserted(document: Document): void {
    for (const key of this.#of(this.#name).own) this.#refer(key, document, []);
  }

  /** A document took another one's place. */
  changed(before: Document, after: Document): void {
    this.#noteChanged(this.#name, before, after);
  }

  /** A document was taken out. */
  deleted(before: Document): void {
    this.#noteDeleted(this.#name, before);
  }

  /** @throws ForeignKeyError; the transaction must be undone then */
  settle(): void {
    // What is done here may add to both lists.
    for (let i = 0; i < this.#gone.length; i++) this.#follow(this.#gone[i]!);
    this.#gone.length = 0;
    for (const { key, value, id } of this.#loose.splice(0)) {
      const { parent, target, child, field } = key;
      if (hasValue(this.#pager, parent, target, value)) continue;
      if (documentsWith(this.#pager, child, field, value, 1).length === 0) continue;
      throw new ForeignKeyError(
        `${child} ${key.name}: ${field} of the document with _id ${shown(id)}`,
        value,
        `a ${target} that a document of ${parent} has`,
      );
    }
  }

  #of(name: string): Ties {
    let ties = this.#ties.get(name);
    if (ties === undefined) {
      ties = tiesOf(this.#pager, name, collectionOptions(this.#pager, name));
      this.#ties.set(name, ties);
    }
    return ties;
  }

  #refer(key: ForeignKey, document: Document, known: readonly Value[]): void {
    for (const value of referringValues(document, key.parts)) {
      if (known.some((other) => compareValues(other, value) === 0)) continue;
      // What it refers to may come later in the same change.
      if (!hasValue(this.#pager, key.parent, key.target, value))
        this.#loose.push({ key, value, id: document._id ?? null });
    }
  }

  #noteChanged(name: string, before: Document, after: Document): void {
    const { own, others } = this.#of(name);
    for (const key of own) this.#refer(key, after, referringValues(before, key.parts));
    for (const key of others) {
      const now = referringValues(after, key.targetParts);
      for (const value of referringValues(before, key.targetParts)) {
        if (now.some((other) => compareValues(other, value) === 0)) continue;
        this.#gone.push({ key, value, id: before._id!, next: now.length === 1 ? now[0]! : null });
      }
    }
  }

  #noteDeleted(name: string, before: Document): void {
    for (const key of this.#of(name).others) {
      for (const value of referringValues(before, key.targetParts))
        this.#gone.push({ key, value, id: before._id!, next: undefined });
    }
  }

  #follow({ key, value, id, next }: Gone): void {
    const { parent, target, child, field } = key;
    if (hasValue(this.#pager, parent, target, value)) return;
    const action = next === undefined ? key.onDelete : key.onUpdate;
    const found = documentsWith(this.#pager, child, field, value, action === "restrict" ? 1 : undefined);
    if (found.length === 0) return;
    if (action === "restrict") {
      throw new ForeignKeyError(
        `${parent}: ${target} of the document with _id ${shown(id)}`,
        value,
        `no reference to it; that of ${child} with _id ${shown(found[0]!.document._id!)} refers to it by ${field} (${key.name})`,
      );
    }
    for (const each of found) {
      if (action === "cascade" && next === undefined) this.#delete(child, each);
      else this.#replace(child, each, replaceReferring(each.document, key.parts, value, next ?? null));
    }
  }

  #delete(name: string, { idKey, document }: Found): void {
    deleteById(this.#pager, findCollection(this.#pager, name)!, idKey);
    recorderOf(this.#pager, name)?.delete(document._id!);
    this.#noteDeleted(name, document);
  }

  #replace(name: string, { bytes, document }: Found, after: Document): void {
    validatorOf(this.#pager, name)?.(after, document);
    replacePrepared(this.#pager, findCollection(this.#pager, name)!, bytes, prepareDocument(after));
    recorderOf(this.#pager, name)?.change(document, after, false);
    this.#noteChanged(name, document, after);
  }
}

/** What watches over the references of a collection; undefined where it has none and nobody refers to it. */
export function referencesOf(
  pager: PageWriter,
  name: string,
  options: Document = collectionOptions(pager, name),
): References | undefined {
  if (options.foreignKeys === undefined && options.referencedBy === undefined) return undefined;
  return new References(pager, name, tiesOf(pager, name, options));
}

function tiesOf(pager: PageWriter, name: string, options: Document): Ties {
  const others = referrersOf(options).flatMap((child) =>
    foreignKeysOf(collectionOptions(pager, child), child).filter(({ parent }) => parent === name),
  );
  return { own: foreignKeysOf(options, name), others };
}

/** An `_id` in a message. */
function shown(id: Value): string {
  return typeof id === "string" ? JSON.stringify(id) : String(id);
}
