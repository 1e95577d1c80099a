/** Pipelines of updates: the stages that make one document of one document. */
import { type Document, isDocument } from "../../document/value.ts";
import { fail } from "../error.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { compileProjection } from "../project/projection.ts";

/** @throws LanguageError 40324 for a stage that makes more or less than one document */
export function compileDocumentStages(
  stages: readonly Document[],
): (document: Document, now: Date) => Document {
  const steps = stages.map(compileStage);
  return (document, now) => steps.reduce((changed, step) => step(changed, now), document);
}

function compileStage(stage: Document): (document: Document, now: Date) => Document {
  const [name, ...others] = Object.keys(stage);
  if (name === undefined || others.length > 0) return fail(40323, "update stage", stage, "one name");
  const operand = stage[name]!;
  switch (name) {
    case "$set":
    case "$addFields":
      return isDocument(operand)
        ? compileProjection(operand, "addFields")
        : fail(40272, name, operand, "an object");
    case "$project":
      return isDocument(operand)
        ? compileProjection(operand, "project")
        : fail(15969, name, operand, "an object");
    case "$unset": {
      const paths = Array.isArray(operand) ? (operand as readonly string[]) : [operand as string];
      return compileProjection(Object.fromEntries(paths.map((path) => [path, 0])), "project");
    }
    case "$replaceRoot":
    case "$replaceWith": {
      const root = name === "$replaceWith" ? operand : isDocument(operand) ? operand.newRoot! : operand;
      const expression = compileExpression(root);
      return (document, now) => {
        const made = expression(contextFor(document, now));
        return isDocument(made) ? made : fail(40228, "new root", made, "an object");
      };
    }
  }
  return fail(
    40324,
    "update stage",
    name,
    "$set, $unset, $project, $addFields, $replaceRoot or $replaceWith",
  );
}
