import { InvalidArgumentError } from "@millrace/base";
import { type Document, isDocument, type Value } from "../document/value.ts";

/** A condition with the values of a subquery: those of its only field. */
export async function answered(stage: Document, query: AsyncIterable<object>): Promise<Document> {
  const values: Value[] = [];
  for await (const document of query) {
    const fields = Object.values(document as Document);
    if (fields.length !== 1) {
      const found = Object.keys(document).join(", ");
      throw new InvalidArgumentError(
        "DOCDB_QUERY_SUBQUERY",
        "fields of a subquery",
        found,
        "one: use select",
      );
    }
    values.push(fields[0]!);
  }
  const [field, condition] = Object.entries(stage.$match as Document)[0]!;
  const [operator] = Object.keys(condition as Document);
  const isList = operator === "$in" || operator === "$nin";
  if (!isList && values.length > 1) {
    throw new InvalidArgumentError(
      "DOCDB_QUERY_SUBQUERY",
      "values of a subquery",
      values.length,
      "one, or none",
    );
  }
  return { $match: { [field]: { [operator!]: isList ? values : (values[0] ?? null) } } };
}

/** The pipelines inside of a stage, with the answers in them. */
export function replaceWithin(stage: Document, answers: ReadonlyMap<object, Document>): Document {
  if (answers.size === 0) return stage;
  const [name, operand] = Object.entries(stage)[0]!;
  if (!isDocument(operand) || !Array.isArray(operand.pipeline)) return stage;
  const pipeline = (operand.pipeline as readonly Document[]).map(
    (inner) => answers.get(inner) ?? replaceWithin(inner, answers),
  );
  return { [name]: { ...operand, pipeline } };
}
