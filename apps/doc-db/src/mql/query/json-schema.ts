/** `$jsonSchema`: JSON Schema draft 4 as MongoDB has it, with `bsonType`. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { isNumeric, remainder, toInt64, toNumber } from "../number.ts";
import { compileRegex } from "../regex.ts";
import { TYPE_NUMBERS, typeName } from "../types.ts";

type Check = (value: Value) => boolean;

const MAX_DEPTH = 100;
const JSON_TYPES: Readonly<Record<string, readonly string[]>> = {
  object: ["object"],
  array: ["array"],
  number: ["int", "long", "double", "decimal"],
  boolean: ["bool"],
  string: ["string"],
  null: ["null"],
};
const ANNOTATIONS = new Set(["title", "description"]);
const UNSUPPORTED = new Set(["$ref", "$schema", "default", "definitions", "format", "id"]);

/** Whether documents follow a schema. @throws LanguageError 9 or 14 for what is no schema */
export function jsonSchemaTest(schema: Value): (document: Document) => boolean {
  return compileSchema(schema, 0);
}

function compileSchema(schema: Value, depth: number): Check {
  if (!isDocument(schema)) return fail(14, "$jsonSchema", schema, "an object");
  if (depth > MAX_DEPTH) fail(9, "$jsonSchema depth", depth, `at most ${MAX_DEPTH} levels`);
  if (schema.type !== undefined && schema.bsonType !== undefined)
    fail(9, "$jsonSchema", "type and bsonType", "one of the two");
  const checks = Object.entries(schema).map(([name, operand]) =>
    compileKeyword(name, operand, schema, depth),
  );
  return (value) => checks.every((check) => check(value));
}

function compileKeyword(name: string, operand: Value, schema: Document, depth: number): Check {
  const sub = (value: Value): Check => compileSchema(value, depth + 1);
  if (ANNOTATIONS.has(name)) {
    if (typeof operand !== "string") fail(14, name, operand, "a string");
    return () => true;
  }
  if (UNSUPPORTED.has(name)) fail(9, "$jsonSchema keyword", name, "a keyword that MongoDB supports");
  const compiler = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
  return compiler === undefined
    ? fail(9, "$jsonSchema keyword", name, "a keyword of JSON Schema")
    : compiler(operand, schema, sub);
}

type Keyword = (operand: Value, schema: Document, sub: (value: Value) => Check) => Check;

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (operand) => typeCheck(operand, true),
  bsonType: (operand) => typeCheck(operand, false),
  enum: (operand) => {
    const list = listOf("enum", operand, 1);
    return (value) => list.some((other) => compareValues(other, value) === 0);
  },
  allOf: (operand, _, sub) => junction("allOf", operand, sub, (n, count) => n === count),
  anyOf: (operand, _, sub) => junction("anyOf", operand, sub, (n) => n > 0),
  oneOf: (operand, _, sub) => junction("oneOf", operand, sub, (n) => n === 1),
  not: (operand, _, sub) => {
    const check = sub(operand);
    return (value) => !check(value);
  },
  minimum: (operand, schema) => bound("minimum", operand, schema, 1),
  maximum: (operand, schema) => bound("maximum", operand, schema, -1),
  exclusiveMinimum: (operand, schema) => exclusive("exclusiveMinimum", "minimum", operand, schema),
  exclusiveMaximum: (operand, schema) => exclusive("exclusiveMaximum", "maximum", operand, schema),
  multipleOf: (operand) => {
    if (!isNumeric(operand)) return fail(14, "multipleOf", operand, "a number");
    if (!(toNumber(operand) > 0)) fail(9, "multipleOf", operand, "a number above 0");
    return (value) => !isNumeric(value) || toNumber(remainder(value, operand)) === 0;
  },
  minLength: (operand) => lengths("minLength", operand, textLength, 1),
  maxLength: (operand) => lengths("maxLength", operand, textLength, -1),
  minItems: (operand) => lengths("minItems", operand, itemCount, 1),
  maxItems: (operand) => lengths("maxItems", operand, itemCount, -1),
  minProperties: (operand) => lengths("minProperties", operand, propertyCount, 1),
  maxProperties: (operand) => lengths("maxProperties", operand, propertyCount, -1),
  pattern: (operand) => {
    if (typeof operand !== "string") return fail(14, "pattern", operand, "a string");
    const test = compileRegex(operand, "");
    return (value) => typeof value !== "string" || test(value);
  },
  uniqueItems: (operand) => {
    if (typeof operand !== "boolean") return fail(14, "uniqueItems", operand, "a boolean");
    return (value) => !operand || !Array.isArray(value) || isUnique(value as readonly Value[]);
  },
  items: (operand, schema, sub) => items(operand, schema, sub),
  additionalItems: (operand, _, sub) => {
    if (typeof operand !== "boolean")
      sub(isDocument(operand) ? operand : fail(14, "additionalItems", operand, "a boolean or schema"));
    return () => true;
  },
  required: (operand) => {
    const names = listOf("required", operand, 1);
    const bad = names.find((name) => typeof name !== "string");
    if (bad !== undefined) fail(14, "required", bad, "strings");
    if (new Set(names).size < names.length) fail(9, "required", operand, "each name once");
    return (value) => !isDocument(value) || names.every((name) => Object.hasOwn(value, name as string));
  },
  properties: (operand, _, sub) => {
    const checks = schemas("properties", operand, sub);
    return (value) =>
      !isDocument(value) ||
      checks.every(([name, check]) => !Object.hasOwn(value, name) || check(value[name]!));
  },
  patternProperties: (operand, _, sub) => {
    const checks = schemas("patternProperties", operand, sub).map(([name, check]) => ({
      test: patternOf(name),
      check,
    }));
    return (value) =>
      !isDocument(value) ||
      Object.entries(value).every(([name, field]) =>
        checks.every(({ test, check }) => !test(name) || check(field)),
      );
  },
  additionalProperties: (operand, schema, sub) => additionalProperties(operand, schema, sub),
  dependencies: (operand, _, sub) => dependencies(operand, sub),
};

function typeCheck(operand: Value, isJson: boolean): Check {
  const keyword = isJson ? "type" : "bsonType";
  const list = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
  if (list.length === 0) fail(9, keyword, operand, "at least one type");
  const names = list.flatMap((type) => {
    if (typeof type !== "string") return fail(14, keyword, type, "strings");
    if (type === "integer") fail(9, keyword, type, 'no "integer"; bsonType has int and long');
    if (isJson) return JSON_TYPES[type] ?? fail(2, keyword, type, "a type of JSON");
    if (type === "number") return JSON_TYPES.number!;
    return Object.hasOwn(TYPE_NUMBERS, type) ? [type] : fail(2, keyword, type, "a type of BSON");
  });
  if (new Set(list).size < list.length) fail(2, keyword, operand, "each type once");
  return (value) => names.includes(typeName(value));
}

function listOf(name: string, operand: Value, least: number): readonly Value[] {
  if (!Array.isArray(operand)) return fail(14, name, operand, "an array");
  if (operand.length < least) fail(9, name, operand, "at least one element");
  return operand as readonly Value[];
}

function junction(
  name: string,
  operand: Value,
  sub: (value: Value) => Check,
  isGood: (n: number, of: number) => boolean,
): Check {
  const checks = listOf(name, operand, 1).map(sub);
  return (value) => isGood(checks.filter((check) => check(value)).length, checks.length);
}

function bound(name: "minimum" | "maximum", operand: Value, schema: Document, direction: 1 | -1): Check {
  if (!isNumeric(operand)) return fail(14, name, operand, "a number");
  const isExclusive = schema[name === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum"] === true;
  return (value) => {
    if (!isNumeric(value)) return true;
    const order = compareValues(value, operand) * direction;
    return isExclusive ? order > 0 : order >= 0;
  };
}

function exclusive(name: string, needs: string, operand: Value, schema: Document): Check {
  if (typeof operand !== "boolean") return fail(14, name, operand, "a boolean");
  if (schema[needs] === undefined) fail(9, name, operand, `a "${needs}" beside it`);
  return () => true;
}

function lengths(
  name: string,
  operand: Value,
  measure: (value: Value) => number | undefined,
  direction: 1 | -1,
): Check {
  if (!isNumeric(operand)) return fail(14, name, operand, "a number");
  const limit = toInt64(operand);
  if (limit === undefined || limit < 0n) return fail(9, name, operand, "an integer that is not negative");
  return (value) => {
    const length = measure(value);
    return length === undefined || (length - Number(limit)) * direction >= 0;
  };
}

function textLength(value: Value): number | undefined {
  return typeof value === "string" ? [...value].length : undefined;
}

function itemCount(value: Value): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

function propertyCount(value: Value): number | undefined {
  return isDocument(value) ? Object.keys(value).length : undefined;
}

function isUnique(list: readonly Value[]): boolean {
  const sorted = list.toSorted(compareValues);
  return sorted.every((value, i) => i === 0 || compareValues(value, sorted[i - 1]!) !== 0);
}

function items(operand: Value, schema: Document, sub: (value: Value) => Check): Check {
  if (!Array.isArray(operand)) {
    const check = sub(operand);
    return (value) => !Array.isArray(value) || (value as readonly Value[]).every(check);
  }
  const checks = (operand as readonly Value[]).map(sub);
  const additional = schema.additionalItems;
  const rest: Check = isDocument(additional) ? sub(additional) : () => additional !== false;
  return (value) =>
    !Array.isArray(value) || (value as readonly Value[]).every((element, i) => (checks[i] ?? rest)(element));
}

function schemas(name: string, operand: Value, sub: (value: Value) => Check): [string, Check][] {
  if (!isDocument(operand)) return fail(14, name, operand, "an object of schemas");
  return Object.entries(operand).map(([key, schema]) => [key, sub(schema)]);
}

function patternOf(name: string): (text: string) => boolean {
  try {
    return compileRegex(name, "");
  } catch {
    return fail(2, "patternProperties", name, "a regular expression");
  }
}

function additionalProperties(operand: Value, schema: Document, sub: (value: Value) => Check): Check {
  if (typeof operand !== "boolean" && !isDocument(operand))
    return fail(14, "additionalProperties", operand, "a boolean or schema");
  const rest: Check = isDocument(operand) ? sub(operand) : () => operand;
  const known = new Set(isDocument(schema.properties) ? Object.keys(schema.properties) : []);
  const patterns = isDocument(schema.patternProperties)
    ? Object.keys(schema.patternProperties).map(patternOf)
    : [];
  return (value) =>
    !isDocument(value) ||
    Object.entries(value).every(
      ([name, field]) => known.has(name) || patterns.some((test) => test(name)) || rest(field),
    );
}

function dependencies(operand: Value, sub: (value: Value) => Check): Check {
  if (!isDocument(operand)) return fail(14, "dependencies", operand, "an object");
  const checks = Object.entries(operand).map(([name, needed]): [string, Check] => {
    if (!Array.isArray(needed)) return [name, sub(needed)];
    const names = listOf("dependencies", needed, 1) as readonly string[];
    if (names.some((other) => typeof other !== "string")) fail(14, "dependencies", needed, "names of fields");
    return [name, (value) => isDocument(value) && names.every((other) => Object.hasOwn(value, other))];
  });
  return (value) =>
    !isDocument(value) || checks.every(([name, check]) => !Object.hasOwn(value, name) || check(value));
}
