/** `createSearchIndexes` and `dropSearchIndex`: vector indexes by the names that MongoDB Atlas has for them. */
import { findOrCreateCollection } from "../catalog.ts";
import { dropNamedIndexes, listIndexSpecs, requireCollection } from "../collection-indexes.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { normalizeIndexSpec } from "../indexes/spec.ts";
import { buildIndex } from "../indexes/store.ts";
import { fail } from "../mql/error.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { checkFields, collectionOf, listOf } from "./arguments.ts";
import { type Command, storedName } from "./target.ts";

/** These commands by their names. */
export const SEARCH_INDEX_COMMANDS: Readonly<Record<string, Command>> = {
  createSearchIndexes: async (target, command) => {
    checkFields(command, ["indexes"]);
    const name = storedName(target, collectionOf(command));
    const specs = listOf(command, "indexes").map(specOf);
    return target.engine.writeLong(async (pager) => {
      const collection = findOrCreateCollection(pager, name);
      for (const spec of specs) buildIndex(pager, collection, spec);
      const indexesCreated = specs.map((spec) => ({ id: spec.name!, name: spec.name! }));
      return { indexesCreated, ok: 1 };
    });
  },
  dropSearchIndex: async (target, command) => {
    checkFields(command, ["name", "id"]);
    const name = storedName(target, collectionOf(command));
    const index = command.name ?? command.id;
    if (typeof index !== "string") return fail(14, "dropSearchIndex name", index, "a name");
    return target.engine.writeLong(async (pager) => {
      requireCollection(pager, name);
      if (searchIndexes(pager, name, { name: index }).length === 0)
        fail(27, "dropSearchIndex", index, "the name of a search index that there is");
      dropNamedIndexes(pager, name, [index]);
      return { ok: 1 };
    });
  },
};

/** Atlas's description of a vector index as one of ours. Fields to be filtered by need nothing: any field will do. */
function specOf(given: Value): Document {
  const { name = "default", type = "vectorSearch", definition } = isDocument(given) ? given : {};
  if (type !== "vectorSearch") return fail(2, "search index type", type, "vectorSearch");
  if (!isDocument(definition) || !Array.isArray(definition.fields))
    return fail(9, "search index definition", definition, "{ fields }");
  const vectors = (definition.fields as readonly Document[]).filter((field) => field.type === "vector");
  const [vector] = vectors;
  if (vector === undefined || vectors.length > 1)
    return fail(9, "search index fields", definition.fields, "one of type vector");
  const { path, numDimensions, similarity, hnswOptions } = vector;
  const { maxEdges, numEdgeCandidates } = isDocument(hnswOptions) ? hnswOptions : {};
  return normalizeIndexSpec({
    key: { [path as string]: "vector" },
    name,
    ...(numDimensions === undefined ? {} : { dimensions: numDimensions }),
    ...(similarity === undefined ? {} : { similarity }),
    ...(maxEdges === undefined ? {} : { m: maxEdges }),
    ...(numEdgeCandidates === undefined ? {} : { efConstruction: numEdgeCandidates }),
  });
}

/** What `$listSearchIndexes` gives. @param operand - `{ name }` or `{}` */
export function searchIndexes(pager: PageReader, collection: string, operand: Value): Document[] {
  const { name } = isDocument(operand) ? operand : fail(9, "$listSearchIndexes", operand, "{ name } or {}");
  return listIndexSpecs(pager, collection)
    .filter((spec) => spec.dimensions !== undefined && (name === undefined || spec.name === name))
    .map((spec): Document => {
      const [path] = Object.keys(spec.key as Document);
      const { dimensions, similarity } = spec;
      const fields = [{ type: "vector", path: path!, numDimensions: dimensions!, similarity: similarity! }];
      const latestDefinition = { fields };
      return {
        id: spec.name!,
        name: spec.name!,
        type: "vectorSearch",
        status: "READY",
        queryable: true,
        latestDefinition,
      };
    });
}
