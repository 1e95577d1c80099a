/** Which keys of one index the conditions of a query leave. */
import { ALL_KEYS, isInRange, type KeyRange } from "../btree/scan.ts";
import type { IndexEntry } from "../collection-page.ts";
import { isDocument, rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { cellRanges, coverBox } from "../indexes/cells.ts";
import type { IndexDefinition, IndexField } from "../indexes/definition.ts";
import { boxesOfCondition } from "../indexes/geo-boxes.ts";
import { concat, hashedValueKey, inverted, valueKey } from "../indexes/key-parts.ts";
import { holdsPath } from "../indexes/wildcard.ts";
import { compareBytes } from "../keys/compare.ts";
import { encodeKey, MAX_INDEX_VALUE_BYTES } from "../keys/encode-key.ts";
import { type Collation, isSameCollation } from "../mql/collation.ts";
import type { Condition } from "./filter.ts";

/** Ranges of an index's keys. */
export interface Bounds {
  /** Ascending and apart from each other. */
  readonly ranges: readonly KeyRange[];
  /** How much of the index they are likely to be: 0 to 1. */
  readonly part: number;
  /** Paths of the first fields that have one value each. */
  readonly fixed: readonly string[];
  /** Which conditions the ranges are of: by the paths of the first fields, with a number for another one on an array. */
  readonly subjects: readonly string[];
}

/** Before the first field. */
const NO_PREFIX: readonly Uint8Array[] = [new Uint8Array(0)];
/** Points that `$in`s of several fields make together, at the most. */
const MAX_POINTS = 1000;
const PART = {
  $eq: 0.01,
  $in: 0.03,
  both: 0.1,
  $gt: 0.3,
  $gte: 0.3,
  $lt: 0.35,
  $lte: 0.35,
  geo: 0.05,
  $exists: 0.8,
};

/** @returns undefined when the conditions say nothing about the index's first field */
export function boundsFor(
  { definition, isMultikey }: IndexEntry,
  conditions: readonly Condition[],
  collation: Collation | undefined,
): Bounds | undefined {
  const begins = definition.fields[0]!;
  if (begins.kind === "value" && !conditions.some(({ path }) => path === begins.path)) return undefined;
  const isSame = isSameCollation(definition.collation, collation);
  const usable = isSame ? conditions : conditions.filter(({ operand }) => !hasText(operand));
  let prefixes: readonly Uint8Array[] = NO_PREFIX;
  let part = 1;
  const fixed: string[] = [];
  const roots: string[] = [];
  const subjects: string[] = [];
  for (const field of definition.fields) {
    // Two fields of an array's objects: different elements may fulfil the two conditions.
    if (isMultikey && field.kind === "value" && roots.includes(field.parts[0]!)) break;
    const found = fieldBounds(definition, field, usable, isMultikey);
    if (found === undefined) break;
    roots.push(field.parts[0]!);
    subjects.push(field.path);
    part *= found.part;
    const isLast = found.points === undefined || prefixes.length * found.points.length > MAX_POINTS;
    if (isLast && found.points === undefined)
      return { ranges: behind(prefixes, found.ranges), part, fixed, subjects };
    if (isLast) break;
    if (prefixes.length === 1 && found.points!.length === 1) fixed.push(field.path);
    prefixes =
      prefixes === NO_PREFIX
        ? found.points!
        : prefixes.flatMap((prefix) => found.points!.map((point) => concat(prefix, point)));
  }
  if (subjects.length === 0) return undefined;
  return { ranges: apart(prefixes.map(oneKey)), part, fixed, subjects };
}

type FieldBounds =
  | { readonly points: readonly Uint8Array[]; readonly part: number; readonly ranges?: undefined }
  | { readonly points?: undefined; readonly ranges: readonly KeyRange[]; readonly part: number };

function fieldBounds(
  definition: IndexDefinition,
  field: IndexField,
  conditions: readonly Condition[],
  isMultikey: boolean,
): FieldBounds | undefined {
  switch (field.kind) {
    case "value":
      return valueBounds(definition, field.direction, conditionsOn(conditions, field.path), isMultikey);
    case "hashed": {
      const values = pointsOf(conditionsOn(conditions, field.path));
      if (values === undefined || values.some((value) => Array.isArray(value))) return undefined;
      return {
        points: values.map((value) => hashedValueKey(definition, value)),
        part: values.length * PART.$eq,
      };
    }
    case "2dsphere":
    case "2d":
      return placeBounds(definition, field, conditionsOn(conditions, field.path));
    case "wildcard":
      return wildcardBounds(definition, field, conditions);
    case "text":
      return undefined;
  }
}

function conditionsOn(conditions: readonly Condition[], path: string): readonly Condition[] {
  return conditions.filter((condition) => condition.path === path);
}

/** The values of the first `$eq`, or else the first `$in`. */
function pointsOf(conditions: readonly Condition[]): readonly Value[] | undefined {
  const equal = conditions.find(({ operator }) => operator === "$eq");
  if (equal !== undefined) return [equal.operand];
  const among = conditions.find(({ operator }) => operator === "$in");
  const values = among?.operand as readonly Value[] | undefined;
  return values === undefined || values.length > MAX_POINTS ? undefined : values;
}

function valueBounds(
  definition: IndexDefinition,
  direction: 1 | -1,
  conditions: readonly Condition[],
  isMultikey: boolean,
): FieldBounds | undefined {
  const values = pointsOf(conditions);
  if (values !== undefined) {
    const points = distinct(values.map((value) => valueKey(definition, direction, value)));
    return { points, part: values.length === 1 ? PART.$eq : Math.min(PART.$in * values.length, 0.9) };
  }
  const bounds = conditions.filter(({ operator }) => /^\$[gl]te?$/.test(operator));
  const first = bounds[0];
  if (first === undefined) {
    const isThere = conditions.some(({ operator }) => operator === "$exists") && definition.isSparse;
    return isThere ? { ranges: [ALL_KEYS], part: PART.$exists } : undefined;
  }
  if (first.operand === null)
    return isOpen(first) ? undefined : { points: [valueKey(definition, direction, null)], part: PART.$in };
  // In an index of arrays two elements may fulfil two bounds, so only one of them narrows the range.
  const taken = isMultikey ? [first] : bounds;
  const range = rangeOf(definition, first.operand, taken);
  const part = taken.some(isUpper) && !taken.every(isUpper) ? PART.both : PART[first.operator as "$gt"];
  return { ranges: [direction === 1 ? range : invertedRange(range)], part };
}

/** The keys of one type within some bounds. */
function rangeOf(definition: IndexDefinition, operand: Value, bounds: readonly Condition[]): KeyRange {
  const type = Uint8Array.of(rankOf(operand));
  let lo: Uint8Array = type;
  // The type's byte is the end of all its keys: a shorter end is a wider one.
  let hi: Uint8Array = type;
  // Under a collation, and in objects and arrays then, keys are in another order than the texts.
  if (definition.collation !== undefined && hasText(operand)) return { lo, hi };
  for (const condition of bounds) {
    if (rankOf(condition.operand) !== rankOf(operand)) continue;
    const key = valueKey(definition, 1, condition.operand);
    if (!isUpper(condition)) {
      const from = isOpen(condition) ? concat(key, BEHIND_ALL) : key;
      lo = compareBytes(from, lo) > 0 ? from : lo;
    } else {
      const to = isOpen(condition) ? before(key) : key;
      hi = hi === type || compareBytes(to, hi) < 0 ? to : hi;
    }
  }
  return { lo, hi };
}

/** Behind a value in an entry's key comes the `_id`, whose first byte is below this one. */
const BEHIND_ALL = Uint8Array.of(255);

/** The end of the range of all keys below one: shorter ends are wider, and no key begins with another. */
function before(key: Uint8Array): Uint8Array {
  let length = key.length;
  while (length > 1 && key[length - 1] === 0) length--;
  // The first byte is the type.
  if (length === 1) return key;
  const end = key.slice(0, length);
  end[length - 1] = end[length - 1]! - 1;
  return end;
}

function invertedRange({ lo, hi }: KeyRange): KeyRange {
  return { lo: inverted(hi), hi: inverted(lo) };
}

function isUpper({ operator }: Condition): boolean {
  return operator === "$lt" || operator === "$lte";
}

function isOpen({ operator }: Condition): boolean {
  return operator === "$lt" || operator === "$gt";
}

function placeBounds(
  definition: IndexDefinition,
  field: IndexField,
  conditions: readonly Condition[],
): FieldBounds | undefined {
  for (const { operator, operand } of conditions) {
    const boxes = boxesOfCondition(operator, operand, field.kind === "2d");
    const isNear = operator === "$near" || operator === "$nearSphere";
    if (boxes === undefined) {
      if (isNear) return { ranges: [ALL_KEYS], part: 0.9 };
      continue;
    }
    const cells = boxes.flatMap((box) => coverBox(box, definition.square));
    return { ranges: apart(cellRanges(cells)), part: PART.geo };
  }
  return undefined;
}

function wildcardBounds(
  definition: IndexDefinition,
  field: IndexField,
  conditions: readonly Condition[],
): FieldBounds | undefined {
  const held = conditions.filter(
    (condition) => holdsPath(definition.wildcard!, condition.path) && isLeaf(condition),
  );
  const best =
    held.find(({ operator }) => operator === "$eq") ??
    held.find(({ operator }) => operator === "$in") ??
    held.find(({ operator }) => operator !== "$exists") ??
    held[0];
  if (best === undefined || best.operator.startsWith("$geo") || best.operator.startsWith("$near"))
    return undefined;
  const path = encodeKey(best.path);
  if (best.operator === "$exists") {
    // The path itself, and all below it: its bytes, a dot in place of their end.
    const below = Uint8Array.of(...path.subarray(0, -2), 0x2e);
    return { ranges: [path, below].map((key) => ({ lo: key, hi: key })), part: PART.$exists };
  }
  const values = valueBounds(definition, field.direction, [best], true);
  if (values === undefined) return undefined;
  if (values.points !== undefined)
    return { points: values.points.map((point) => concat(path, point)), part: values.part };
  return { ranges: behind([path], values.ranges), part: values.part };
}

/** Whether a wildcard index has keys for an operand: not for null, which may be missing, nor for what is taken apart. */
function isLeaf({ operator, operand }: Condition): boolean {
  if (operator === "$in") return (operand as readonly Value[]).every((value) => isLeafValue(value));
  return isLeafValue(operand) && (operator === "$eq" || !(Array.isArray(operand) || isDocument(operand)));
}

function isLeafValue(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value !== null && (!isDocument(value) || Object.keys(value).length === 0);
}

function hasText(value: Value): boolean {
  if (Array.isArray(value)) return (value as readonly Value[]).some(hasText);
  return typeof value === "string" || (isDocument(value) && rankOf(value) === TYPE_RANK.object);
}

function behind(prefixes: readonly Uint8Array[], ranges: readonly KeyRange[]): KeyRange[] {
  return apart(
    prefixes.flatMap((prefix) =>
      ranges.map(({ lo, hi }) => cut({ lo: concat(prefix, lo), hi: concat(prefix, hi) })),
    ),
  );
}

/** Whether a range is of one whole key: no key begins with another one, but with its type, a byte, or with what is cut. */
export function isOneKey({ lo, hi }: KeyRange): boolean {
  return lo.length > 1 && lo.length < MAX_INDEX_VALUE_BYTES && (lo === hi || compareBytes(lo, hi) === 0);
}

function cut({ lo, hi }: KeyRange): KeyRange {
  return { lo: cutKey(lo), hi: cutKey(hi) };
}

function oneKey(key: Uint8Array): KeyRange {
  const whole = cutKey(key);
  return { lo: whole, hi: whole };
}

function cutKey(key: Uint8Array): Uint8Array {
  return key.length > MAX_INDEX_VALUE_BYTES ? key.subarray(0, MAX_INDEX_VALUE_BYTES) : key;
}

function distinct(keys: Uint8Array[]): Uint8Array[] {
  if (keys.length === 1) return keys;
  keys.sort(compareBytes);
  return keys.filter((key, i) => i === 0 || compareBytes(key, keys[i - 1]!) !== 0);
}

/** Ranges in order; those that meet become one. */
function apart(ranges: KeyRange[]): KeyRange[] {
  if (ranges.length === 1) return ranges;
  ranges.sort((a, b) => compareBytes(a.lo, b.lo));
  const kept: KeyRange[] = [];
  for (const range of ranges) {
    const before = kept.at(-1);
    if (before === undefined || !isInRange(range.lo, before)) kept.push(range);
    else kept[kept.length - 1] = { lo: before.lo, hi: laterEnd(before.hi, range.hi) };
  }
  return kept;
}

/** An end is behind all keys that begin with it: a beginning of the other one is later. */
function laterEnd(a: Uint8Array, b: Uint8Array): Uint8Array {
  const n = Math.min(a.length, b.length);
  const order = compareBytes(a.subarray(0, n), b.subarray(0, n));
  if (order === 0) return a.length < b.length ? a : b;
  return order > 0 ? a : b;
}
