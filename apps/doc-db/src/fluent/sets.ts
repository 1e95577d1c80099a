import type { Document } from "../document/value.ts";
import type { Source } from "./joins.ts";

/**
 * Equal documents of two sides together, each once.
 * @param sides - a condition on the sides, 1 and 2, that a document is of
 */
export function compareSources(left: Source, right: Source, sides: Document): Source {
  const marked = (side: number): Document => ({
    $replaceWith: { document: "$$ROOT", side: { $literal: side } },
  });
  const second = { coll: right.collection, pipeline: [...right.stages, marked(2)] };
  const stages = [
    ...left.stages,
    marked(1),
    { $unionWith: second },
    { $group: { _id: "$document", sides: { $addToSet: "$side" } } },
    { $match: { sides } },
    { $replaceWith: "$_id" },
  ];
  return { collection: left.collection, stages };
}
