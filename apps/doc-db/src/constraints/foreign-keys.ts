/** Foreign keys as a collection's options have them: fields whose values are those of a field of another collection. */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail, LanguageError } from "../mql/error.ts";
import { namespaceOf, storedName } from "../names.ts";
import { parsePath } from "../query/path.ts";

/** What becomes of documents whose parent is deleted, or gets another key. */
export type ReferenceAction = "restrict" | "cascade" | "setNull";

/** A foreign key as it is given. */
export interface ForeignKeySpec {
  /** The field that refers; the elements of an array refer one by one, null and missing refer to nothing. */
  readonly field: string;
  /** A collection of the same database and its `_id`, or a field with a unique index. */
  readonly references: { readonly collection: string; readonly field?: string };
  /** @default "restrict" */
  readonly onDelete?: ReferenceAction;
  /** @default "restrict" */
  readonly onUpdate?: ReferenceAction;
  /** @default the field, with `_key` behind */
  readonly name?: string;
}

/** A foreign key, compiled. */
export interface ForeignKey {
  readonly name: string;
  /** The collection that refers, and the one that is referred to, by their names in the file. */
  readonly child: string;
  readonly parent: string;
  readonly field: string;
  readonly parts: readonly string[];
  readonly target: string;
  readonly targetParts: readonly string[];
  readonly onDelete: ReferenceAction;
  readonly onUpdate: ReferenceAction;
}

const ACTIONS = ["restrict", "cascade", "setNull"];
const FIELDS = ["name", "field", "references", "onDelete", "onUpdate"];
/** SQLite's number of this error; MongoDB has none. */
const FOREIGN_KEY = 787;

/** A change that would leave a document without the one that it refers to. */
export class ForeignKeyError extends LanguageError {
  constructor(what: string, received: unknown, expected: string) {
    super(FOREIGN_KEY, what, received, expected, "DOCDB_FOREIGN_KEY");
  }
}

/** Checks foreign keys as they are given, and writes their defaults out. @throws LanguageError 9 or 72 */
export function normalizeForeignKeys(given: Value): Document[] {
  if (!Array.isArray(given)) return fail(9, "foreignKeys", given, "a list");
  const keys = (given as readonly Value[]).map(normalize);
  const names = keys.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(72, "foreignKeys", twice, "a name for each");
  return keys;
}

function normalize(given: Value): Document {
  if (!isDocument(given)) return fail(9, "foreign key", given, "{ field, references }");
  const unknown = Object.keys(given).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) fail(72, "foreign key option", unknown, `one of ${FIELDS.join(", ")}`);
  const { field, references, onDelete = "restrict", onUpdate = "restrict" } = given;
  if (!isPath(field)) return fail(9, "foreign key field", field, "a field, _id excepted");
  if (!isDocument(references) || typeof references.collection !== "string")
    return fail(9, `foreign key ${field} references`, references, "{ collection, field }");
  const target = references.field ?? "_id";
  if (typeof target !== "string" || (target !== "_id" && !isPath(target)))
    return fail(9, `foreign key ${field} references`, target, "a field");
  for (const action of [onDelete, onUpdate])
    if (!ACTIONS.includes(action as string))
      fail(9, `foreign key ${field} action`, action, `one of ${ACTIONS.join(", ")}`);
  const name = given.name ?? `${field}_key`;
  if (typeof name !== "string" || name === "") fail(9, `foreign key ${field} name`, name, "a text");
  return {
    name,
    field,
    references: { collection: references.collection, field: target },
    onDelete,
    onUpdate,
  };
}

function isPath(path: Value | undefined): path is string {
  return typeof path === "string" && path !== "_id" && parsePath(path).every((part) => !/^$|^\$/.test(part));
}

/** The foreign keys that a collection's options say. @param child - the collection's name in the file */
export function foreignKeysOf({ foreignKeys }: Document, child: string): ForeignKey[] {
  if (!Array.isArray(foreignKeys)) return [];
  return (foreignKeys as readonly Document[]).map((key) => {
    const { collection, field: target } = key.references as Document;
    const field = key.field as string;
    return {
      name: key.name as string,
      child,
      parent: storedName(namespaceOf(child).database, collection as string),
      field,
      parts: parsePath(field),
      target: target as string,
      targetParts: parsePath(target as string),
      onDelete: key.onDelete as ReferenceAction,
      onUpdate: key.onUpdate as ReferenceAction,
    };
  });
}

/** The collections that refer to one, by their names in the file, as its options say. */
export function referrersOf({ referencedBy }: Document): readonly string[] {
  return Array.isArray(referencedBy) ? (referencedBy as readonly string[]) : [];
}
