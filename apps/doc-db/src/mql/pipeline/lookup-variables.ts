import { type Document, isDocument, type Value } from "../../document/value.ts";
import { getPath } from "../expr/field-path.ts";

/** Variables by their names; undefined is a field that is missing. */
export type Variables = ReadonlyMap<string, Value | undefined>;

/** The filters that stages have beside expressions. */
const FILTERS: Readonly<Record<string, string>> = {
  $geoNear: "query",
  $graphLookup: "restrictSearchWithMatch",
};

/**
 * A pipeline with `$$name` and `$$name.path` replaced by values. Filters are no expressions: in a `$match` only what
 * stands in `$expr` is looked at.
 */
export function withVariables(pipeline: readonly Value[], variables: Variables): Value[] {
  return pipeline.map((stage) => inExpression(stage, variables));
}

/** What stands behind a name: that of a stage, too, as expressions may have pipelines within them. */
function inOperand(name: string, operand: Value, variables: Variables): Value {
  if (name === "$match") return inFilter(operand, variables);
  const inner = inExpression(operand, variables);
  const filter = FILTERS[name];
  if (filter === undefined || !isDocument(operand) || operand[filter] === undefined) return inner;
  return { ...(inner as Document), [filter]: inFilter(operand[filter], variables) };
}

/** A filter with the values of variables in its `$expr`, which is all in it that knows them. */
export function filterWithVariables(filter: Document, variables: Variables): Document {
  return inFilter(filter, variables) as Document;
}

function inFilter(filter: Value, variables: Variables): Value {
  if (Array.isArray(filter)) return (filter as readonly Value[]).map((part) => inFilter(part, variables));
  if (!isDocument(filter)) return filter;
  const entries = Object.entries(filter).map(([name, value]) => {
    if (name === "$expr") return [name, inExpression(value, variables)];
    return [name, ["$and", "$or", "$nor"].includes(name) ? inFilter(value, variables) : value];
  });
  return Object.fromEntries(entries) as Document;
}

function inExpression(value: Value, variables: Variables): Value {
  if (typeof value === "string") return replaced(value, variables);
  if (Array.isArray(value)) return (value as readonly Value[]).map((part) => inExpression(part, variables));
  if (!isDocument(value) || Object.hasOwn(value, "$literal")) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, inOperand(name, part, variables)]);
  return Object.fromEntries(entries) as Document;
}

function replaced(text: string, variables: Variables): Value {
  if (!text.startsWith("$$")) return text;
  const [name, ...path] = text.slice(2).split(".");
  if (!variables.has(name!)) return text;
  const value = getPath(variables.get(name!), path, 0);
  // What is missing is so in expressions, too.
  return value === undefined ? "$$REMOVE" : { $literal: value };
}
