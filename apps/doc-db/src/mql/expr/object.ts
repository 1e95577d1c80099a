import { type Document, getField, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNumeric } from "../number.ts";
import { isNullish, typeName } from "../types.ts";
import { arrayOf, objectFrom } from "./array.ts";
import { compile, constantOf, type Expression, fold, type OperatorTable, type Scope } from "./compile.ts";
import { fixed, namedArguments, type Operand, variadic } from "./define.ts";

/** Operators on objects. */
export const OBJECT: OperatorTable = {
  $arrayToObject: fixed("$arrayToObject", 1, arrayToObject),
  $getField: compileGetField,
  $mergeObjects: variadic((values) =>
    mergeObjects(values.length === 1 && Array.isArray(values[0]) ? (values[0] as readonly Value[]) : values),
  ),
  $objectToArray: fixed("$objectToArray", 1, objectToArray),
  $setField: (operand, scope) => compileSetField("$setField", operand, scope),
  $unsetField: (operand, scope) => compileSetField("$unsetField", operand, scope),
};

/** Fields of several objects in one; the last one of a name counts. */
export function mergeObjects(values: readonly Operand[]): Operand {
  const result: Record<string, Value> = {};
  for (const value of values) {
    if (isNullish(value)) continue;
    if (!isDocument(value)) return fail(40400, "$mergeObjects", value, "objects");
    for (const [name, field] of Object.entries(value)) setField(result, name, field);
  }
  return result;
}

function objectToArray(value: Operand): Operand {
  if (isNullish(value)) return null;
  if (!isDocument(value)) return fail(40390, "$objectToArray", value, "an object");
  return Object.entries(value).map(([k, v]) => ({ k, v }));
}

function arrayToObject(value: Operand): Operand {
  if (isNullish(value)) return null;
  const list = arrayOf("$arrayToObject", 40386, value);
  if (list.length === 0) return {};
  const first = list[0]!;
  if (Array.isArray(first)) return objectFrom(list.map(pairOfArray));
  return isDocument(first)
    ? objectFrom(list.map(pairOfObject))
    : fail(40398, "$arrayToObject", first, "pairs");
}

function pairOfArray(pair: Value): readonly [string, Value] {
  if (!Array.isArray(pair)) return fail(40396, "$arrayToObject", pair, "arrays of two, like the first");
  if (pair.length !== 2) fail(40397, "$arrayToObject", pair, "arrays of two");
  if (typeof pair[0] !== "string") fail(40395, "$arrayToObject name", pair[0], "a string");
  return [checkedName(pair[0], 4940400), pair[1]];
}

function pairOfObject(pair: Value): readonly [string, Value] {
  if (!isDocument(pair)) return fail(40391, "$arrayToObject", pair, "objects with k and v, like the first");
  const names = Object.keys(pair);
  if (names.length !== 2) fail(40392, "$arrayToObject", pair, "objects with k and v alone");
  const { k, v } = pair;
  if (k === undefined || v === undefined) fail(40393, "$arrayToObject", pair, "objects with k and v");
  if (typeof k !== "string") fail(40394, "$arrayToObject k", k, "a string");
  return [checkedName(k, 4940401), v];
}

function checkedName(name: string, code: number): string {
  return name.includes("\0") ? fail(code, "$arrayToObject name", name, "no NUL") : name;
}

function compileGetField(operand: Value, scope: Scope): Expression {
  let field = operand;
  let input: Expression = (context) => context.root;
  if (isDocument(operand) && !Object.keys(operand)[0]?.startsWith("$")) {
    const codes = { notObject: 3041701, unknown: 3041701, missing: { field: 3041702, input: 3041703 } };
    const given = namedArguments("$getField", operand, ["field", "input"], ["field", "input"], codes);
    field = given.field!;
    input = compile(given.input!, scope);
  }
  const name = compile(field, scope);
  const run: Expression = (context) => {
    const text = name(context);
    if (typeof text !== "string") return fail(3041704, "$getField field", text, "a string");
    const object = input(context);
    if (object === null) return null;
    return isDocument(object) ? getField(object, text) : undefined;
  };
  const known = constantOf(name);
  if (known !== undefined && typeof known.value !== "string")
    fail(3041704, "$getField field", known.value, "a string");
  return fold([name, input], run);
}

function compileSetField(operator: string, operand: Value, scope: Scope): Expression {
  const isUnset = operator === "$unsetField";
  const names = isUnset ? ["field", "input"] : ["field", "input", "value"];
  const missing = { field: 4161102, input: 4161109, value: 4161103 };
  const codes = { notObject: 4161100, unknown: 4161101, missing };
  const given = namedArguments(operator, operand, names, [], codes);
  if (given.field === undefined) fail(4161102, operator, operand, 'an argument "field"');
  if (given.value === undefined && !isUnset) fail(4161103, operator, operand, 'an argument "value"');
  if (given.input === undefined) fail(4161109, operator, operand, 'an argument "input"');
  const name = fieldNameOf(operator, given.field, scope);
  const input = compile(given.input, scope);
  const value = isUnset ? undefined : compile(given.value!, scope);
  return fold(value === undefined ? [input] : [input, value], (context) => {
    const object = input(context);
    if (isNullish(object)) return null;
    if (!isDocument(object)) return fail(4161105, `${operator} input`, object, "an object");
    return withField(object, name, value?.(context));
  });
}

function fieldNameOf(operator: string, field: Value, scope: Scope): string {
  if (typeof field === "string" && field.startsWith("$"))
    fail(4161108, `${operator} field`, field, "a constant; $literal for a name with a dollar sign");
  const known = constantOf(compile(field, scope));
  if (known === undefined || Array.isArray(field)) fail(4161106, `${operator} field`, field, "a constant");
  const isLiteral =
    !isDocument(field) || Object.keys(field).length === 0 || "$literal" in field || "$const" in field;
  if (!isLiteral) fail(4161106, `${operator} field`, field, "a constant");
  if (typeof known.value !== "string") fail(4161107, `${operator} field`, known.value, "a string");
  if (known.value.includes("\0")) fail(9534700, `${operator} field`, known.value, "no NUL");
  return known.value;
}

function withField(object: Document, name: string, value: Operand): Document {
  const result: Record<string, Value> = {};
  for (const [key, field] of Object.entries(object)) {
    if (key !== name) setField(result, key, field);
    else if (value !== undefined) setField(result, key, value);
  }
  if (value !== undefined && !Object.hasOwn(object, name)) setField(result, name, value);
  return result;
}

/** Operators that tell of a value what it is. */
export const TYPES: OperatorTable = {
  $type: fixed("$type", 1, (value) => typeName(value)),
  $isNumber: fixed("$isNumber", 1, (value) => isNumeric(value)),
};
