/** `$fill`: values in place of what is null or missing, as `$setWindowFields` and `$addFields` give them. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { checkPath } from "../expr/compile.ts";
import { namedArguments } from "../expr/define.ts";
import type { CompilePipeline } from "./lookup.ts";
import { compileSortSpec } from "./sort-spec.ts";
import type { Stage } from "./stage.ts";

const NAMES = ["output", "partitionBy", "partitionByFields", "sortBy"];
const CODES = { notObject: 9, unknown: 40415, missing: 40414 };
const METHODS: ReadonlyMap<Value | undefined, string> = new Map([
  ["locf", "$locf"],
  ["linear", "$linearFill"],
]);

/** @throws LanguageError 40414, 40415 or 6050200 to 6050204 for what is not understood; as `$setWindowFields` */
export function fill(operand: Value, compilePipeline: CompilePipeline): Stage {
  const { output, ...given } = namedArguments("$fill", operand, NAMES, ["output"], CODES);
  if (!isDocument(output)) return fail(14, "$fill output", output, "an object of fields");
  if (Object.keys(output).length === 0) fail(6050203, "$fill output", output, "at least one field");
  const partitionBy = partitionOf(given);
  if (given.sortBy !== undefined) compileSortSpec("$fill sortBy", given.sortBy);
  const windows: Record<string, Value> = {};
  const values: Record<string, Value> = {};
  for (const [path, spec] of Object.entries(output)) {
    checkPath(path);
    if (!isDocument(spec)) return fail(6050200, `$fill ${path}`, spec, "{ value } or { method }");
    const { method, value } = namedArguments(`$fill ${path}`, spec, ["method", "value"], [], CODES);
    if ((method === undefined) === (value === undefined))
      fail(6050201, `$fill ${path}`, Object.keys(spec), "either a value or a method");
    if (value !== undefined) values[path] = { $ifNull: [`$${path}`, value] };
    else windows[path] = { [functionOf(path, method)]: `$${path}` };
  }
  const stages: Document[] = [];
  const { sortBy } = given;
  if (Object.keys(windows).length > 0)
    stages.push({
      $setWindowFields: { partitionBy, ...(sortBy === undefined ? {} : { sortBy }), output: windows },
    });
  if (Object.keys(values).length > 0) stages.push({ $addFields: values });
  return compilePipeline(stages);
}

function functionOf(path: string, method: Value | undefined): string {
  return METHODS.get(method) ?? fail(6050202, `$fill ${path} method`, method, "locf or linear");
}

function partitionOf({ partitionBy, partitionByFields }: Readonly<Record<string, Value>>): Value {
  if (partitionByFields === undefined) return partitionBy ?? null;
  if (partitionBy !== undefined)
    fail(6050204, "$fill", partitionByFields, "either partitionBy or partitionByFields");
  return Object.fromEntries(
    pathsOf("$fill partitionByFields", partitionByFields).map((path, i) => [`field${i}`, `$${path}`]),
  );
}

/** A list of paths. @throws LanguageError 14 for what is none, or as `checkPath` */
export function pathsOf(name: string, value: Value): readonly string[] {
  if (!Array.isArray(value)) return fail(14, name, value, "an array of paths");
  return (value as readonly Value[]).map((path) => {
    if (typeof path !== "string") return fail(14, name, path, "a path");
    checkPath(path);
    return path;
  });
}
