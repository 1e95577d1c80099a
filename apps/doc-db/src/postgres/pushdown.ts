/** Filters as conditions of SQL that keep all matches, and perhaps more: the filter itself has the last word. */
import { ObjectId } from "../document/object-id.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { encodeKey } from "../keys/encode-key.ts";
import { jsonbText, jsonNumber } from "./jsonb.ts";

/** A condition with its values, `$1` being the first. */
export interface Condition {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Names of fields that JSON path takes for what they are; a number could be a place in an array. */
const PLAIN_NAME = /^[^.$\d][^.$]*$/;
/** Characters that U+FFFD took the place of are not looked for. */
const UNSAFE_TEXT = /[\0\u{FFFD}\p{Surrogate}]/u;
/** Infinities are numbers that JSON has not. */
const INFINITE = ' || exists(@."$numberDouble") || exists(@."$numberDecimal")';
const RANGES: Readonly<Record<string, string>> = { $gt: ">", $gte: ">=", $lt: "<", $lte: "<=" };

/** Translates what of a filter can be; an empty text keeps all. */
export function pushDown(filter: Document): Condition {
  const values: unknown[] = [];
  const text = conjunction(filter, values);
  return { text: text ?? "", values };
}

/** @returns undefined when nothing can be said */
function conjunction(filter: Document, values: unknown[]): string | undefined {
  const parts = Object.entries(filter).flatMap(([name, operand]) => {
    if (name === "$and" && Array.isArray(operand))
      return (operand as readonly Value[]).flatMap((part) =>
        isDocument(part) ? (conjunction(part, values) ?? []) : [],
      );
    if (name === "$or" && Array.isArray(operand))
      return disjunction(operand as readonly Value[], values) ?? [];
    return name.startsWith("$") ? [] : fieldConditions(name, operand, values);
  });
  return parts.length === 0 ? undefined : parts.join(" and ");
}

/** All parts, or nothing: a part that cannot be translated may match anything. */
function disjunction(parts: readonly Value[], values: unknown[]): string | undefined {
  const kept = values.length;
  const texts: string[] = [];
  for (const part of parts) {
    const text = isDocument(part) ? conjunction(part, values) : undefined;
    if (text === undefined) {
      values.length = kept;
      return undefined;
    }
    texts.push(`(${text})`);
  }
  return texts.length === 0 ? undefined : `(${texts.join(" or ")})`;
}

function fieldConditions(path: string, operand: Value, values: unknown[]): string[] {
  const operators: Document =
    isDocument(operand) && Object.keys(operand).some((name) => name.startsWith("$"))
      ? operand
      : { $eq: operand };
  if (path === "_id") return idConditions(operators, values);
  const steps = path.split(".");
  if (!steps.every((step) => PLAIN_NAME.test(step) && !UNSAFE_TEXT.test(step))) return [];
  const place = `$${steps.map((step) => `.${JSON.stringify(step)}`).join("")}`;
  return Object.entries(operators).flatMap(([operator, value]) => {
    const test = testOf(operator, value);
    if (test === undefined) return [];
    values.push(`${place}${test}`);
    // The operator that an index over the document serves.
    return [`doc @? $${values.length}::text::jsonpath`];
  });
}

/** Equal ids have equal keys, whatever their types of numbers. */
function idConditions({ $eq, $in }: Document, values: unknown[]): string[] {
  const wanted = $eq !== undefined ? [$eq] : Array.isArray($in) ? ($in as readonly Value[]) : undefined;
  if (wanted === undefined || wanted.some((value) => !isScalar(value))) return [];
  values.push(wanted.map((value) => Buffer.from(encodeKey(value))));
  return [`id = any($${values.length}::bytea[])`];
}

function isScalar(value: Value): boolean {
  return typeof value === "string" || jsonNumber(value) !== undefined || value instanceof ObjectId;
}

/** A test behind a path; JSON path looks into arrays by itself, as filters do. */
function testOf(operator: string, value: Value): string | undefined {
  if (operator === "$exists") return value === true ? "" : undefined;
  if (Object.hasOwn(RANGES, operator)) {
    const limit = comparable(value);
    // Texts are ordered by other rules there.
    if (limit === undefined || typeof value === "string" || typeof value === "boolean") return undefined;
    if (value instanceof ObjectId) return undefined;
    return ` ? (@ ${RANGES[operator]} ${limit.text}${INFINITE})`;
  }
  const wanted =
    operator === "$eq"
      ? [value]
      : operator === "$in" && Array.isArray(value)
        ? (value as readonly Value[])
        : [];
  const found = wanted.map(comparable);
  if (found.length === 0 || found.some((one) => one === undefined)) return undefined;
  const steps = new Set(found.map((one) => one!.step));
  if (steps.size > 1) return undefined;
  return `${[...steps][0]} ? (${found.map((one) => `@ == ${one!.text}`).join(" || ")})`;
}

/** A value as JSON path writes it, and the step from a field to what it is compared with. */
function comparable(value: Value): { readonly step: string; readonly text: string } | undefined {
  const number = jsonNumber(value);
  if (number !== undefined) return { step: "", text: number };
  if (typeof value === "boolean") return { step: "", text: String(value) };
  if (value instanceof ObjectId) return { step: '."$oid"', text: `"${value.toHex()}"` };
  if (typeof value !== "string" || UNSAFE_TEXT.test(value)) return undefined;
  return { step: "", text: JSON.stringify(jsonbText(value)) };
}
