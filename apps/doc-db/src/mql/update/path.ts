/** Paths of updates: parts, the positional operators, and changing what is at them without touching the rest. */
import { type Document, getField, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";

/** Arrays are not filled up with nulls beyond this index. */
const MAX_PADDING = 1_500_000;

/** What a change does with the value at its path. */
export interface Change {
  /** @returns the new value; undefined takes the field away; `UNCHANGED` leaves all as it is */
  apply(old: Value | undefined): Value | undefined | typeof UNCHANGED;
  /** Whether the objects on the way are made where they are missing. */
  readonly makesPath: boolean;
  /** Whether a way through something that is no object is an error; else nothing happens. */
  readonly needsPath: boolean;
}

/** Says that a change leaves its value as it is. */
export const UNCHANGED: unique symbol = Symbol("unchanged");

/** Elements that `$[name]` stands for. */
export type ArrayFilters = ReadonlyMap<string, (element: Value) => boolean>;

/** @throws LanguageError 56 for an empty part, 52 for one that begins with a dollar sign, 9867600 for NUL */
export function parseUpdatePath(path: string): readonly string[] {
  const parts = path.split(".");
  if (parts.includes("")) fail(56, "update path", path, "no empty part");
  parts.forEach((part, i) => {
    if (part.includes("\0")) fail(9867600, "update path", path, "no NUL");
    if (!part.startsWith("$")) return;
    const isPositional = part === "$" || /^\$\[.*\]$/.test(part);
    if (isPositional && i === 0)
      fail(2, "update path", path, "an array's name before the positional operator");
    if (!isPositional) fail(52, "update path", path, "no part that begins with a dollar sign");
  });
  return parts;
}

/** Changes what is at a path. @returns the new document, or the same one when nothing changed */
export function changeAt(
  document: Document,
  parts: readonly string[],
  change: Change,
  filters: ArrayFilters,
): Document {
  const result = changeIn(document, parts, 0, change, filters);
  return result === UNCHANGED ? document : (result as Document);
}

type Result = Value | undefined | typeof UNCHANGED;

function changeIn(
  value: Value | undefined,
  parts: readonly string[],
  at: number,
  change: Change,
  filters: ArrayFilters,
): Result {
  if (at === parts.length) return change.apply(value);
  const part = parts[at]!;
  if (part.startsWith("$[")) return changeEach(value, parts, at, change, filters);
  if (Array.isArray(value)) return changeElement(value as readonly Value[], parts, at, change, filters);
  if (value === undefined) {
    if (!change.makesPath) return UNCHANGED;
    const made = changeIn(undefined, parts, at + 1, change, filters);
    return made === UNCHANGED || made === undefined ? UNCHANGED : withField({}, part, made);
  }
  if (!isDocument(value)) {
    if (!change.needsPath) return UNCHANGED;
    return fail(28, `update path ${parts.join(".")}`, value, `an object or array that can hold "${part}"`);
  }
  const changed = changeIn(getField(value, part), parts, at + 1, change, filters);
  return changed === UNCHANGED ? UNCHANGED : withField(value, part, changed);
}

function changeElement(
  array: readonly Value[],
  parts: readonly string[],
  at: number,
  change: Change,
  filters: ArrayFilters,
): Result {
  const part = parts[at]!;
  if (!/^(0|[1-9]\d*)$/.test(part)) {
    if (!change.needsPath) return UNCHANGED;
    return fail(28, `update path ${parts.join(".")}`, array, `an object that can hold "${part}"`);
  }
  const index = Number(part);
  if (index >= array.length && !change.makesPath) return UNCHANGED;
  const changed = changeIn(array[index], parts, at + 1, change, filters);
  if (changed === UNCHANGED) return UNCHANGED;
  if (index > array.length + MAX_PADDING)
    fail(2, "array index", index, `at most ${MAX_PADDING} beyond the end`);
  const result = [...array];
  while (result.length < index) result.push(null);
  result[index] = changed ?? null;
  return result;
}

function changeEach(
  value: Value | undefined,
  parts: readonly string[],
  at: number,
  change: Change,
  filters: ArrayFilters,
): Result {
  const name = parts[at]!.slice(2, -1);
  if (!Array.isArray(value)) return fail(2, `update path ${parts.join(".")}`, value, "an array for $[]");
  const isChosen = name === "" ? () => true : filters.get(name);
  if (isChosen === undefined) return fail(2, "array filter", name, "a filter of that name in arrayFilters");
  let isChanged = false;
  const result = (value as readonly Value[]).map((element) => {
    const changed = isChosen(element) ? changeIn(element, parts, at + 1, change, filters) : UNCHANGED;
    if (changed === UNCHANGED) return element;
    isChanged = true;
    return changed ?? null;
  });
  return isChanged ? result : UNCHANGED;
}

function withField(document: Document, name: string, value: Value | undefined): Document {
  const result: Record<string, Value> = {};
  for (const [key, field] of Object.entries(document)) {
    if (key !== name) setField(result, key, field);
    else if (value !== undefined) setField(result, key, value);
  }
  if (value !== undefined && !Object.hasOwn(document, name)) setField(result, name, value);
  return result;
}
