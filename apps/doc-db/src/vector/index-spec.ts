/** The options of a vector index. */
import type { Document, Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { parsePath } from "../query/path.ts";
import { MAX_LINKS } from "./graph-search.ts";
import { isSimilarity, SIMILARITIES, type SimilarityName } from "./similarity.ts";
import type { VectorFields } from "./vector-index.ts";

/** MongoDB's number for an index that cannot be. */
const CANNOT_CREATE = 67;
/** Most numbers of a vector. */
export const MAX_DIMENSIONS = 8192;
const METHODS = ["exact", "hnsw"];

/** What vector indexes take beside a name. */
export const VECTOR_OPTIONS: readonly string[] = [
  "dimensions",
  "similarity",
  "method",
  "m",
  "efConstruction",
];

/** Adds the options of a vector index, with their defaults. @throws LanguageError 67 */
export function addVectorOptions(key: Document, given: Document, spec: Record<string, Value>): void {
  if (Object.keys(key).length > 1) fail(CANNOT_CREATE, "vector index key", key, "one field");
  for (const option of ["unique", "sparse", "expireAfterSeconds", "partialFilterExpression", "collation"])
    if (spec[option] !== undefined) fail(CANNOT_CREATE, "vector index", option, "no such option");
  const { similarity = "cosine", method = "hnsw" } = given;
  if (!isSimilarity(similarity))
    fail(
      CANNOT_CREATE,
      "vector index similarity",
      similarity,
      `one of ${Object.keys(SIMILARITIES).join(", ")}`,
    );
  if (!METHODS.includes(method as string))
    fail(CANNOT_CREATE, "vector index method", method, `one of ${METHODS.join(", ")}`);
  spec.dimensions = integerOf(given, "dimensions", undefined, 1, MAX_DIMENSIONS);
  spec.similarity = similarity;
  spec.method = method;
  if (method === "exact") return;
  spec.m = integerOf(given, "m", 16, 2, MAX_LINKS / 2);
  spec.efConstruction = integerOf(given, "efConstruction", 100, 8, 300);
}

function integerOf(
  given: Document,
  name: string,
  fallback: number | undefined,
  least: number,
  most: number,
): number {
  const value = given[name] ?? fallback ?? null;
  const number = isNumeric(value) ? toNumber(value) : Number.NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  return fail(CANNOT_CREATE, `vector index ${name}`, value, `an integer from ${least} to ${most}`);
}

/** Compiles a specification; undefined where it is not that of a vector index. */
export function vectorFields(spec: Document): VectorFields | undefined {
  const [field] = Object.entries(spec.key as Document);
  if (field?.[1] !== "vector") return undefined;
  return {
    parts: parsePath(field[0]),
    dimensions: Number(spec.dimensions),
    similarity: spec.similarity as SimilarityName,
    method: spec.method as "exact" | "hnsw",
    m: Number(spec.m ?? 0),
    efConstruction: Number(spec.efConstruction ?? 0),
  };
}
