import { type Document, isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isOperatorObject } from "../query/value-tests.ts";
import { type Change, changeAt } from "./path.ts";

/** The document that an upsert begins with: the fields that its filter wants to be equal to something. */
export function upsertBase(filter: Document): Document {
  const fields = new Map<string, Value>();
  collect(filter, fields);
  let document: Document = {};
  for (const [path, value] of fields) {
    const put: Change = { apply: () => value, makesPath: true, needsPath: true };
    document = changeAt(document, path.split("."), put, new Map());
  }
  return document;
}

function collect(filter: Document, fields: Map<string, Value>): void {
  for (const [name, condition] of Object.entries(filter)) {
    if (name === "$and" || (name === "$or" && Array.isArray(condition) && condition.length === 1)) {
      for (const part of condition as readonly Value[]) if (isDocument(part)) collect(part, fields);
      continue;
    }
    if (name.startsWith("$")) continue;
    const value = isOperatorObject(condition) ? equalTo(condition) : condition;
    if (value === undefined) continue;
    if (fields.has(name)) fail(54, "upsert", name, "one value a field in the filter");
    fields.set(name, value);
  }
}

function equalTo(operators: Document): Value | undefined {
  if (operators.$eq !== undefined) return operators.$eq;
  for (const name of ["$in", "$all"]) {
    const list = operators[name];
    if (Array.isArray(list) && list.length === 1 && !isOperatorObject(list[0] as Value))
      return list[0] as Value;
  }
  return undefined;
}
