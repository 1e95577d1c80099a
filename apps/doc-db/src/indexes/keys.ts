/** The keys of a document in an index: the values' part of each entry. */
import { isDocument, type Value } from "../document/value.ts";
import { encodeKey } from "../keys/encode-key.ts";
import { fail } from "../mql/error.ts";
import type { FieldLookup } from "../query/filter.ts";
import { someAtPath } from "../query/path.ts";
import type { IndexDefinition, IndexField } from "./definition.ts";
import { ascending, concat, type FieldKeys, hashedValueKey, NO_PATH, valueKey } from "./key-parts.ts";
import { placeKeys } from "./place-keys.ts";
import { textKeys } from "./text-keys.ts";
import { eachWildcardValue } from "./wildcard.ts";

/** What an index holds of one document. */
export interface IndexKeys {
  /** Ascending, each once. */
  readonly keys: readonly Uint8Array[];
  /** Whether an array made them. */
  readonly isMultikey: boolean;
  /** What each entry has beside the key; of text indexes only. */
  readonly extras?: readonly Uint8Array[];
}

const NONE: IndexKeys = { keys: [], isMultikey: false };
/**
 * The keys of a document; none when the index leaves it out.
 * @param withArrays - whether arrays have keys as a whole beside those of their elements
 * @throws LanguageError 171 for arrays in two fields, 16755 for no place, 16766 for an array that cannot be hashed
 */
export function keysOf(definition: IndexDefinition, lookup: FieldLookup, withArrays = true): IndexKeys {
  const { fields, partial } = definition;
  if (partial !== undefined && !partial.matches(lookup)) return NONE;
  if (definition.text !== undefined)
    return textKeys(definition, lookup, (prefix) => plainKeys(definition, prefix, lookup, withArrays));
  if (isLeftOut(definition, lookup)) return NONE;
  if (fields.length > 1) return plainKeys(definition, fields, lookup, withArrays);
  const { keys, isMultikey } = fieldKeys(definition, fields[0]!, lookup, withArrays);
  return { keys: ascending(keys), isMultikey };
}

/** Keys of some fields one behind the other. */
function plainKeys(
  definition: IndexDefinition,
  fields: readonly IndexField[],
  lookup: FieldLookup,
  withArrays: boolean,
): IndexKeys {
  const lists = fields.map((field) => fieldKeys(definition, field, lookup, withArrays));
  const arrays = fields.filter(({ kind }, i) => kind === "value" && lists[i]!.isMultikey);
  return arrays.length < 2 ? finish(lists) : sharedKeys(definition, fields, arrays, lookup, withArrays);
}

function finish(lists: readonly FieldKeys[]): IndexKeys {
  const isMultikey = lists.some((list) => list.isMultikey);
  let keys: readonly Uint8Array[] = lists[0]?.keys ?? [new Uint8Array(0)];
  for (const list of lists.slice(1)) {
    keys = keys.flatMap((key) => list.keys.map((next) => concat(key, next)));
  }
  return { keys: ascending(keys), isMultikey };
}

/** Several fields with arrays are one key an element where it is the same array; others would make too many. */
function sharedKeys(
  definition: IndexDefinition,
  fields: readonly IndexField[],
  arrays: readonly IndexField[],
  lookup: FieldLookup,
  withArrays: boolean,
): IndexKeys {
  const places = arrays.map((field) => arrayPlace(lookup, field));
  const depth = places[0]!;
  const prefix = arrays[0]!.parts.slice(0, depth).join(".");
  const isShared = arrays.every(
    (field, i) =>
      places[i] === depth && field.parts.length > depth && field.parts.slice(0, depth).join(".") === prefix,
  );
  if (!isShared)
    fail(
      171,
      `index ${definition.name}`,
      arrays.map(({ path }) => path).join(" and "),
      "an array in one field only",
    );
  const elements = valueAt(lookup, arrays[0]!.parts, depth) as readonly Value[];
  // An empty array counts as an element that has nothing.
  const tuples = (elements.length === 0 ? [null] : elements).flatMap((element) => {
    const lists = fields.map((field) => {
      // A number in the path is one element for all tuples.
      const isPicked = /^\d+$/.test(field.parts[depth] ?? "");
      if (isPicked || !arrays.includes(field)) return fieldKeys(definition, field, lookup, withArrays);
      const inner: IndexField = { ...field, parts: ["", ...field.parts.slice(depth)] };
      const rest = Object.assign(() => element, { whole: () => ({ "": element }) });
      return fieldKeys(definition, inner, rest, withArrays);
    });
    return finish(lists).keys;
  });
  return { keys: ascending(tuples), isMultikey: true };
}

/** How many parts of a path lead to its first array. */
function arrayPlace(lookup: FieldLookup, { parts }: IndexField): number {
  for (let depth = 1; depth < parts.length; depth++) {
    if (Array.isArray(valueAt(lookup, parts, depth))) return depth;
  }
  return parts.length;
}

function valueAt(lookup: FieldLookup, parts: readonly string[], depth: number): Value | undefined {
  let value = lookup(parts[0]!);
  for (let i = 1; i < depth; i++) value = isDocument(value) ? value[parts[i]!] : undefined;
  return value;
}

/** Whether a sparse index, or one of places, has nothing of a document. */
function isLeftOut({ fields, isSparse }: IndexDefinition, lookup: FieldLookup): boolean {
  const places = fields.filter(({ kind }) => kind === "2dsphere" || kind === "2d");
  if (places.length > 0) return places.every((field) => !hasPlace(lookup, field));
  return (
    isSparse &&
    fields.every(({ parts }) => !someAtPath(lookup(parts[0]!), parts, 1, (value) => value !== undefined))
  );
}

function hasPlace(lookup: FieldLookup, { parts }: IndexField): boolean {
  return someAtPath(
    lookup(parts[0]!),
    parts,
    1,
    (value) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
  );
}

function fieldKeys(
  definition: IndexDefinition,
  field: IndexField,
  lookup: FieldLookup,
  withArrays: boolean,
): FieldKeys {
  switch (field.kind) {
    case "value":
      return valueKeys(definition, field, lookup, withArrays);
    case "hashed":
      return { keys: [hashedKey(definition, field, lookup)], isMultikey: false };
    case "wildcard":
      return wildcardKeys(definition, field, lookup);
    case "2dsphere":
    case "2d":
      return placeKeys(definition, field, lookup);
    case "text":
    case "vector":
      return NONE;
  }
}

function valueKeys(
  definition: IndexDefinition,
  field: IndexField,
  lookup: FieldLookup,
  withArrays: boolean,
): FieldKeys {
  const { parts } = field;
  if (parts.length === 1) {
    const value = lookup(parts[0]!);
    if (!Array.isArray(value))
      return { keys: [valueKey(definition, field.direction, value ?? null)], isMultikey: false };
  }
  const keys: Uint8Array[] = [];
  let isMultikey = false;
  const add = (value: Value | undefined): void => {
    keys.push(valueKey(definition, field.direction, value ?? null));
  };
  let isPathThroughArray = false;
  const first = lookup(parts[0]!);
  someAtPath(first, parts, 1, (value) => {
    if (Array.isArray(value)) {
      isMultikey = true;
      for (const element of value as readonly Value[]) add(element);
      if (withArrays || value.length === 0) add(value);
    } else add(value);
    return false;
  });
  if (parts.length > 1) isPathThroughArray = hasArrayOnPath(first, parts, 1);
  if (keys.length === 0) add(null);
  return { keys, isMultikey: isMultikey || isPathThroughArray };
}

function hasArrayOnPath(value: Value | undefined, parts: readonly string[], from: number): boolean {
  if (Array.isArray(value)) return true;
  return from < parts.length && isDocument(value) && hasArrayOnPath(value[parts[from]!], parts, from + 1);
}

function hashedKey(
  definition: IndexDefinition,
  { parts, path }: IndexField,
  lookup: FieldLookup,
): Uint8Array {
  let hashed: Value | undefined;
  const first = lookup(parts[0]!);
  const isArray = hasArrayOnPath(first, parts, 1);
  if (isArray) fail(16766, `hashed index on ${path}`, first, "no arrays");
  someAtPath(first, parts, 1, (value) => {
    hashed = value;
    return false;
  });
  return hashedValueKey(definition, hashed ?? null);
}

function wildcardKeys(
  definition: IndexDefinition,
  { direction }: IndexField,
  lookup: FieldLookup,
): FieldKeys {
  const keys: Uint8Array[] = [];
  const isMultikey = eachWildcardValue(definition.wildcard!, lookup.whole(), (path, value) => {
    keys.push(concat(encodeKey(path), valueKey(definition, direction, value)));
  });
  if (keys.length === 0 && definition.fields.length > 1) keys.push(NO_PATH);
  return { keys, isMultikey: isMultikey || keys.length > 1 };
}
