/** The stages that take one document at a time. */
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { isNumeric, toInt64 } from "../number.ts";
import { compileProjection, without } from "../project/projection.ts";
import { typeName } from "../types.ts";
import type { Stage } from "./stage.ts";

/** Stages by their names. */
export const STREAM_STAGES: Readonly<Record<string, (operand: Value) => Stage>> = {
  $match: (operand) => {
    if (!isDocument(operand)) return fail(15959, "$match", operand, "a filter");
    const filter = compileFilter(operand);
    return mapping((document) => (matchesDocument(filter, document) ? [document] : []));
  },
  $project: (operand) => {
    if (!isDocument(operand)) return fail(15969, "$project", operand, "an object");
    const project = compileProjection(operand, "project");
    return mapping((document, now) => [project(document, now)]);
  },
  $addFields: (operand) => addFields("$addFields", operand),
  $set: (operand) => addFields("$set", operand),
  $unset: (operand) => {
    const paths = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
    if (paths.length === 0 || !paths.every((path) => typeof path === "string"))
      fail(31002, "$unset", operand, "a field or fields");
    const project = without(paths as readonly string[]);
    return mapping((document, now) => [project(document, now)]);
  },
  $replaceRoot: (operand) => {
    if (!isDocument(operand) || operand.newRoot === undefined)
      return fail(40231, "$replaceRoot", operand, "{ newRoot: expression }");
    return replaceRoot(operand.newRoot);
  },
  $replaceWith: (operand) => replaceRoot(operand),
  $unwind: unwind,
  $limit: (operand) => {
    const limit = countOf("$limit", operand, 1n, 15958);
    return async function* (documents) {
      let left = limit;
      for await (const document of documents) {
        yield document;
        if (--left <= 0) return;
      }
    };
  },
  $skip: (operand) => {
    const skip = countOf("$skip", operand, 0n, 15956);
    return async function* (documents) {
      let left = skip;
      for await (const document of documents) if (left-- <= 0) yield document;
    };
  },
  $count: (operand) => {
    if (typeof operand !== "string" || operand === "" || operand.startsWith("$") || operand.includes("."))
      return fail(40156, "$count", operand, "the name of a field");
    return async function* (documents) {
      let count = 0;
      for await (const _ of documents) count++;
      if (count > 0) yield { [operand]: count };
    };
  },
};

function mapping(run: (document: Document, now: Date) => readonly Document[]): Stage {
  return async function* (documents, { now }) {
    for await (const document of documents) yield* run(document, now);
  };
}

function addFields(name: string, operand: Value): Stage {
  if (!isDocument(operand)) return fail(40272, name, operand, "an object");
  const project = compileProjection(operand, "addFields");
  return mapping((document, now) => [project(document, now)]);
}

function replaceRoot(operand: Value): Stage {
  const expression = compileExpression(operand);
  return mapping((document, now) => {
    const root = expression(contextFor(document, now));
    return [isDocument(root) ? root : fail(40228, "new root", typeName(root), "an object")];
  });
}

function countOf(name: string, operand: Value, least: bigint, code: number): number {
  const count = isNumeric(operand) ? toInt64(operand) : undefined;
  if (count === undefined) return fail(5107201, name, operand, "an integer");
  return count >= least ? Number(count) : fail(code, name, operand, `an integer from ${least} on`);
}

function unwind(operand: Value): Stage {
  const given: Document = isDocument(operand) ? operand : { path: operand };
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } = given;
  if (typeof path !== "string" || !path.startsWith("$") || path.length < 2)
    return fail(28818, "$unwind path", path, "a field with a dollar sign in front");
  const parts = path.slice(1).split(".");
  const keeps = preserveNullAndEmptyArrays === true;
  const indexField = typeof includeArrayIndex === "string" ? includeArrayIndex : undefined;
  const withIndex = (document: Document, index: bigint | null): Document =>
    indexField === undefined ? document : { ...document, [indexField]: index };
  return mapping((document) => {
    let value: Value | undefined = document;
    for (const part of parts) value = isDocument(value) ? value[part] : undefined;
    if (!Array.isArray(value)) {
      const isNothing = value === undefined || value === null;
      return isNothing && !keeps ? [] : [withIndex(document, null)];
    }
    if (value.length === 0) return keeps ? [withIndex(replaceAt(document, parts, 0, undefined), null)] : [];
    return (value as readonly Value[]).map((element, i) =>
      withIndex(replaceAt(document, parts, 0, element), BigInt(i)),
    );
  });
}

function replaceAt(
  document: Document,
  parts: readonly string[],
  at: number,
  value: Value | undefined,
): Document {
  const result: Record<string, Value> = {};
  for (const [name, field] of Object.entries(document)) {
    if (name !== parts[at]) setField(result, name, field);
    else if (at + 1 < parts.length)
      setField(result, name, replaceAt(field as Document, parts, at + 1, value));
    else if (value !== undefined) setField(result, name, value);
  }
  return result;
}
