/** Specifications of indexes as `createIndexes` takes them, checked and brought into the form that is kept. */
import { Double } from "../document/bson-types.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";
import { parseCollation } from "../mql/collation.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { isTruthy } from "../mql/types.ts";
import { addVectorOptions, VECTOR_OPTIONS } from "../vector/index-spec.ts";
import { checkPartialFilter } from "./partial-filter.ts";
import { flatten } from "./wildcard.ts";
import { languageOf } from "./words.ts";

/** MongoDB's numbers of what can be wrong with an index. */
const CANNOT_CREATE = 67;
const INVALID_OPTIONS = 72;
const MAX_FIELDS = 32;
const KINDS = ["text", "2dsphere", "2d", "hashed", "vector"];
const OPTIONS = [
  "v",
  "key",
  "name",
  "ns",
  "background",
  "unique",
  "sparse",
  "hidden",
  "expireAfterSeconds",
  "partialFilterExpression",
  "collation",
  "wildcardProjection",
  "weights",
  "default_language",
  "language_override",
  "textIndexVersion",
  "2dsphereIndexVersion",
  "bits",
  "min",
  "max",
  ...VECTOR_OPTIONS,
  "storageEngine",
  "comment",
];

/** The name that an index gets where none is given: fields and directions. */
export function defaultIndexName(key: Document): string {
  return Object.entries(key)
    .map(([path, order]) => `${path}_${String(order)}`)
    .join("_");
}

/** @throws LanguageError with the number that MongoDB has for what is wrong */
export function normalizeIndexSpec(given: Value): Document {
  if (!isDocument(given)) return fail(14, "index", given, "an object");
  const unknown = Object.keys(given).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) fail(197, "index option", unknown, `one of ${OPTIONS.join(", ")}`);
  const { key, name } = given;
  if (!isDocument(key)) return fail(key === undefined ? 9 : 14, "index key", key, "an object");
  if (name === undefined) return fail(9, "index", given, "a name");
  if (typeof name !== "string") return fail(14, "index name", name, "a string");
  if (name === "" || name === "*" || name.includes("\0")) fail(CANNOT_CREATE, "index name", name, "a name");
  checkKey(key);
  const isWildcard = Object.keys(key).some(isWildcardPath);
  const isText = Object.values(key).includes("text");
  checkVersion(given, isWildcard);
  const spec: Record<string, Value> = { v: 2, key: isText ? textKey(key) : key, name };
  for (const option of ["unique", "sparse", "hidden"]) {
    if (flagOf(option, given[option])) spec[option] = true;
  }
  if (isWildcard) checkWildcard(key, given, spec);
  else if (given.wildcardProjection !== undefined)
    fail(2, "wildcardProjection", given.wildcardProjection, "an index on $**");
  if (given.expireAfterSeconds !== undefined)
    spec.expireAfterSeconds = expiryOf(key, given.expireAfterSeconds);
  if (given.partialFilterExpression !== undefined) {
    checkPartialFilter(given.partialFilterExpression);
    if (spec.sparse === true) fail(CANNOT_CREATE, "index", given, "either sparse or partialFilterExpression");
    spec.partialFilterExpression = given.partialFilterExpression;
  }
  const collation = parseCollation(given.collation);
  if (collation !== undefined) {
    if (isText) fail(CANNOT_CREATE, "text index collation", given.collation, "the simple one");
    spec.collation = collation.spec;
  }
  if (isText) addTextOptions(key, given, spec);
  const kinds = Object.values(key);
  if (kinds.includes("2dsphere")) spec["2dsphereIndexVersion"] = 3;
  if (kinds.includes("2d")) addFlatOptions(given, spec);
  if (kinds.includes("vector")) addVectorOptions(key, given, spec);
  if (kinds.includes("hashed") && spec.unique === true) fail(16764, "hashed index", given, "no unique");
  return spec;
}

function checkKey(key: Document): void {
  const fields = Object.entries(key);
  if (fields.length === 0) fail(CANNOT_CREATE, "index key", key, "at least one field");
  if (fields.length > MAX_FIELDS) fail(13103, "index key", fields.length, `at most ${MAX_FIELDS} fields`);
  for (const [path, order] of fields) {
    if (isNumeric(order)) {
      const direction = toNumber(order);
      if (direction === 0 || Number.isNaN(direction))
        fail(CANNOT_CREATE, `index key ${path}`, order, "1 or -1");
    } else if (typeof order !== "string" || !KINDS.includes(order)) {
      fail(CANNOT_CREATE, `index key ${path}`, order, `1, -1 or one of ${KINDS.join(", ")}`);
    } else if (isWildcardPath(path) && order !== "text") {
      fail(CANNOT_CREATE, `index key ${path}`, order, "1 or -1");
    }
    const parts = path.split(".");
    if (parts.some((part) => part === ""))
      fail(CANNOT_CREATE, "index key", path, "no empty part in the path");
    const isBad = parts.some(
      (part, i) => part.startsWith("$") && !(part === "$**" && i === parts.length - 1),
    );
    if (isBad) fail(CANNOT_CREATE, "index key", path, "a path without $, but for a $** at its end");
  }
  if (fields.filter(([, order]) => order === "hashed").length > 1)
    fail(31303, "index key", key, "one hashed field");
}

function isWildcardPath(path: string): boolean {
  return path === "$**" || path.endsWith(".$**");
}

function checkVersion(given: Document, isWildcard: boolean): void {
  const { v } = given;
  if (v !== undefined) {
    const version = isNumeric(v) ? toNumber(v) : fail(14, "index v", v, "a number");
    if (version !== 2 && (version !== 1 || isWildcard)) fail(CANNOT_CREATE, "index v", v, "2");
  }
  const sphere = given["2dsphereIndexVersion"];
  if (sphere !== undefined && !(isNumeric(sphere) && [1, 2, 3].includes(toNumber(sphere))))
    fail(CANNOT_CREATE, "2dsphereIndexVersion", sphere, "1, 2 or 3");
}

function flagOf(name: string, value: Value | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean" || isNumeric(value)) return isTruthy(value);
  return fail(14, `index option ${name}`, value, "a boolean");
}

function checkWildcard(key: Document, given: Document, spec: Record<string, Value>): void {
  const paths = Object.keys(key).filter(isWildcardPath);
  if (paths.length > 1) fail(7246201, "index key", key, "one wildcard");
  for (const option of ["unique", "sparse"])
    if (spec[option] === true) fail(CANNOT_CREATE, "wildcard index", option, "no such option");
  if (given.expireAfterSeconds !== undefined)
    fail(CANNOT_CREATE, "wildcard index", "expireAfterSeconds", "no such option");
  const projection = given.wildcardProjection;
  if (projection === undefined) return;
  if (!isDocument(projection)) fail(14, "wildcardProjection", projection, "an object");
  if (Object.keys(projection).length === 0) fail(9, "wildcardProjection", projection, "at least one field");
  if (paths[0] !== "$**") fail(9, "wildcardProjection", projection, "an index on $** and no path");
  checkProjection(projection, "");
  const flags = flatten(projection, "").filter(([path]) => path !== "_id");
  const collision = flags.find(([path]) => flags.some(([other]) => other.startsWith(`${path}.`)));
  if (collision !== undefined) fail(31249, "wildcardProjection", collision[0], "no path within another one");
  if (flags.some(([, isKept]) => isKept) && flags.some(([, isKept]) => !isKept))
    fail(31254, "wildcardProjection", projection, "paths kept, or paths left out");
  spec.wildcardProjection = projection;
}

function checkProjection(projection: Document, prefix: string): void {
  for (const [name, value] of Object.entries(projection)) {
    if (isDocument(value)) checkProjection(value, `${prefix}${name}.`);
    else if (!isNumeric(value) && typeof value !== "boolean")
      fail(51271, `wildcardProjection ${prefix}${name}`, value, "1 or 0");
  }
}

function expiryOf(key: Document, value: Value): Value {
  const paths = Object.keys(key);
  if (paths.length > 1) fail(CANNOT_CREATE, "expireAfterSeconds", paths, "an index on one field");
  if (paths[0] === "_id") fail(197, "expireAfterSeconds", "_id", "another field");
  const seconds = isNumeric(value) ? toNumber(value) : Number.NaN;
  if (!(seconds >= 0 && seconds <= 2 ** 31 - 1))
    fail(CANNOT_CREATE, "expireAfterSeconds", value, "a number from 0 to 2147483647");
  return Math.trunc(seconds) + 0;
}

/** Text fields stand as `_fts` and `_ftsx` in the key that is kept, MongoDB's way. */
function textKey(key: Document): Document {
  const kept: Record<string, Value> = {};
  for (const [path, order] of Object.entries(key)) {
    if (order !== "text") kept[path] = order;
    else if (kept._fts === undefined) {
      kept._fts = "text";
      kept._ftsx = 1;
    }
  }
  return kept;
}

function addTextOptions(key: Document, given: Document, spec: Record<string, Value>): void {
  const weights: Record<string, Value> = {};
  for (const [path, order] of Object.entries(key)) if (order === "text") weights[path] = 1;
  const named = given.weights ?? {};
  if (!isDocument(named)) fail(CANNOT_CREATE, "weights", named, "an object");
  for (const [path, weight] of Object.entries(named)) {
    const number = isNumeric(weight) ? toNumber(weight) : Number.NaN;
    if (!(number >= 1 && number < 1e5))
      fail(CANNOT_CREATE, `weight of ${path}`, weight, "a number from 1 to 99999");
    weights[path] = number;
  }
  const language = given.default_language ?? "english";
  if (typeof language !== "string") fail(14, "default_language", language, "a string");
  const override = given.language_override ?? "language";
  if (typeof override !== "string") fail(14, "language_override", override, "a string");
  if (override === "" || override.startsWith("$"))
    fail(CANNOT_CREATE, "language_override", override, "a field");
  spec.weights = Object.fromEntries(Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1)));
  try {
    spec.default_language = languageOf(language);
  } catch {
    fail(CANNOT_CREATE, "default_language", language, "a language that is known");
  }
  spec.language_override = override;
  spec.textIndexVersion = 3;
}

function addFlatOptions(given: Document, spec: Record<string, Value>): void {
  const numberOf = (name: string, fallback: number): number => {
    const value = given[name];
    if (value === undefined) return fallback;
    return isNumeric(value) ? toNumber(value) : fail(14, `index option ${name}`, value, "a number");
  };
  const bits = numberOf("bits", 26);
  if (!(bits >= 1 && bits <= 32)) fail(INVALID_OPTIONS, "2d index bits", bits, "1 to 32");
  const [min, max] = [numberOf("min", -180), numberOf("max", 180)];
  if (!(min < max)) fail(INVALID_OPTIONS, "2d index", { min, max }, "min below max");
  if (given.bits !== undefined) spec.bits = Math.trunc(bits);
  if (given.min !== undefined) spec.min = new Double(min);
  if (given.max !== undefined) spec.max = new Double(max);
}

/** What an index holds, apart from its name and what may be changed: two of one signature would be the same index. */
function signature(spec: Document): Value[] {
  const { key, collation, partialFilterExpression, unique, sparse, wildcardProjection, weights } = spec;
  const vector = VECTOR_OPTIONS.map((name) => spec[name]);
  return [
    key,
    collation,
    partialFilterExpression,
    unique,
    sparse,
    wildcardProjection,
    weights,
    ...vector,
  ].map((part) => part ?? null);
}

/** Whether two specifications name the same keys. */
export function isSameKey(a: Document, b: Document): boolean {
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i] && compareValues(a[name]!, b[name]!) === 0)
  );
}

/**
 * Whether an index is there already. @throws LanguageError 85 or 86 for one that is in its way
 */
export function isThereAlready(spec: Document, existing: readonly Document[]): boolean {
  const named = existing.find(({ name }) => name === spec.name);
  const isAlike = (other: Document): boolean =>
    compareValues(signature(spec), signature(other)) === 0 &&
    isSameKey(spec.key as Document, other.key as Document);
  if (named !== undefined) {
    if (!isAlike(named))
      fail(86, `index ${String(spec.name)}`, spec.key, "another name, as there is another index of this one");
    if (compareValues(named, spec) === 0) return true;
    return fail(85, `index ${String(spec.name)}`, spec, "the options of the index that there is");
  }
  const alike = existing.find(isAlike);
  if (alike !== undefined)
    fail(
      85,
      `index ${String(spec.name)}`,
      spec.key,
      `the name of the same index that there is, ${String(alike.name)}`,
    );
  const isText = (other: Document): boolean => (other.key as Document)._fts === "text";
  if (isText(spec) && existing.some(isText))
    fail(CANNOT_CREATE, "text index", spec.key, "one text index a collection");
  return false;
}
