/** What the fields of commands are checked for. */
import { checkCollectionName } from "../catalog.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { isTruthy } from "../mql/types.ts";

/** Fields that any command may have. */
const COMMON = [
  "$db",
  "comment",
  "lsid",
  "txnNumber",
  "autocommit",
  "startTransaction",
  "writeConcern",
  "readConcern",
  "maxTimeMS",
  "$readPreference",
  "$clusterTime",
  "apiVersion",
  "apiStrict",
  "apiDeprecationErrors",
];

/** @throws LanguageError 40415 for a field that the command does not take */
export function checkFields(command: Document, known: readonly string[]): void {
  const [name] = Object.keys(command);
  const unknown = Object.keys(command).find(
    (field) => field !== name && !known.includes(field) && !COMMON.includes(field),
  );
  if (unknown !== undefined) fail(40415, `command ${name}`, unknown, `one of ${known.join(", ")}`);
}

/** The collection that a command names in its first field. @throws LanguageError 73 */
export function collectionOf(command: Document): string {
  const [name] = Object.keys(command);
  return checkedName(name!, command[name!]);
}

/** @throws LanguageError 73 */
export function checkedName(what: string, value: Value | undefined): string {
  if (typeof value !== "string") return fail(73, what, value, "the name of a collection");
  try {
    return checkCollectionName(value);
  } catch {
    return fail(73, what, value, "the name of a collection");
  }
}

/** @throws LanguageError 73 */
export function checkDatabaseName(name: Value | undefined): string {
  if (typeof name === "string" && /^[^/\\. "$\0]{1,63}$/.test(name)) return name;
  return fail(73, "$db", name, "the name of a database");
}

export function booleanOf(command: Document, name: string, fallback: boolean): boolean {
  const value = command[name];
  if (value === undefined || value === null) return fallback;
  return typeof value === "boolean" || isNumeric(value)
    ? isTruthy(value)
    : fail(14, name, value, "a boolean");
}

export function documentOf(command: Document, name: string, fallback: Document): Document {
  const value = command[name];
  if (value === undefined || value === null) return fallback;
  return isDocument(value) ? value : fail(14, name, value, "an object");
}

export function listOf(command: Document, name: string): readonly Document[] {
  const value = command[name];
  if (!Array.isArray(value)) return fail(value === undefined ? 40414 : 14, name, value, "an array");
  for (const entry of value as readonly Value[]) if (!isDocument(entry)) fail(14, name, entry, "objects");
  return value as readonly Document[];
}

export function countOf(command: Document, name: string): number {
  const value = command[name];
  if (value === undefined || value === null) return 0;
  const count = isNumeric(value) ? toNumber(value) : fail(14, name, value, "a number");
  return count >= 0 || name === "limit"
    ? Math.abs(Math.trunc(count))
    : fail(51024, name, value, "a number from 0 on");
}

/** @throws LanguageError 2, 9 or 14 for a write concern that is none */
export function checkWriteConcern(value: Value | undefined): void {
  if (value === undefined || value === null) return;
  if (!isDocument(value)) fail(14, "writeConcern", value, "an object");
  const { w, j } = value as Document;
  if (typeof w === "string" && w !== "majority") fail(2, "writeConcern w", w, '"majority" or a number');
  if (w !== undefined && typeof w !== "string" && !isNumeric(w))
    fail(9, "writeConcern w", w, '"majority" or a number');
  if (j !== undefined && typeof j !== "boolean" && !isNumeric(j)) fail(14, "writeConcern j", j, "a boolean");
}
