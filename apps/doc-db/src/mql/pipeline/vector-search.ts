/** `$vectorSearch`: the documents whose vectors are nearest to one, every vector looked at. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { type CompiledFilter, compileFilter, matchesDocument } from "../../query/filter.ts";
import { MAX_DIMENSIONS } from "../../vector/index-spec.ts";
import { isSimilarity, SIMILARITIES, type SimilarityName } from "../../vector/similarity.ts";
import { vectorOf } from "../../vector/vector-value.ts";
import { fail } from "../error.ts";
import { getPath } from "../expr/field-path.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { setTextScore } from "../text-score.ts";
import type { Stage } from "./stage.ts";

const MAX_LIMIT = 10_000;

interface Candidate {
  readonly document: Document;
  readonly score: number;
}

/** What a `$vectorSearch` asks for. */
export interface VectorQuery {
  readonly path: string;
  readonly vector: Float32Array;
  readonly limit: number;
  /** Undefined for that of the index, or cosine. */
  readonly similarity: SimilarityName | undefined;
  readonly filter: CompiledFilter | undefined;
  /** The name of the index. */
  readonly index: string | undefined;
  /** How many vectors are looked at on the way through a graph. */
  readonly candidates: number | undefined;
  readonly isExact: boolean;
}

/**
 * Reads `{ path, queryVector, limit, similarity, filter, index, numCandidates, exact }`.
 * @throws LanguageError for what is not understood
 */
export function parseVectorSearch(operand: Value): VectorQuery {
  if (!isDocument(operand)) return fail(9, "$vectorSearch", operand, "an object");
  const { path, queryVector, similarity, filter = {}, limit = null, index, numCandidates, exact } = operand;
  if (typeof path !== "string" || path === "") return fail(9, "$vectorSearch path", path, "a field");
  const known = Object.keys(SIMILARITIES).join(", ");
  if (similarity !== undefined && !isSimilarity(similarity))
    return fail(9, "$vectorSearch similarity", similarity, `one of ${known}`);
  const vector = vectorOf(queryVector ?? null);
  if (vector === undefined || vector.length > MAX_DIMENSIONS || !vector.every(Number.isFinite))
    return fail(9, "$vectorSearch queryVector", queryVector, `up to ${MAX_DIMENSIONS} numbers`);
  if (!isDocument(filter)) return fail(9, "$vectorSearch filter", filter, "a filter");
  if (index !== undefined && typeof index !== "string")
    return fail(9, "$vectorSearch index", index, "a name");
  if (exact !== undefined && typeof exact !== "boolean")
    return fail(9, "$vectorSearch exact", exact, "a boolean");
  return {
    path,
    vector,
    limit: countOf("limit", limit),
    similarity,
    filter: Object.keys(filter).length === 0 ? undefined : compileFilter(filter),
    index,
    candidates: numCandidates === undefined ? undefined : countOf("numCandidates", numCandidates),
    isExact: exact === true,
  };
}

function countOf(name: string, value: Value): number {
  const count = isNumeric(value) ? toInt32(value) : undefined;
  if (count !== undefined && count >= 1 && count <= MAX_LIMIT) return count;
  return fail(9, `$vectorSearch ${name}`, value, `an integer from 1 to ${MAX_LIMIT}`);
}

/**
 * The search where no index answers it. What is found comes in the order of its score, which
 * `{ $meta: "vectorSearchScore" }` gives; documents without a vector of that length are passed over.
 * @throws LanguageError as {@link parseVectorSearch}
 */
export function vectorSearch(operand: Value): Stage {
  const { path, vector, limit, similarity = "cosine", filter } = parseVectorSearch(operand);
  const score = SIMILARITIES[similarity];
  const parts = path.split(".");
  return async function* (documents) {
    const best = new Best(limit);
    for await (const document of documents) {
      const found = vectorOf(getPath(document, parts, 0) ?? null);
      if (found === undefined || found.length !== vector.length) continue;
      const reached = score(vector, found);
      if (best.isWanted(reached) && (filter === undefined || matchesDocument(filter, document)))
        best.add({ document, score: reached });
    }
    for (const { document, score: reached } of best.inOrder()) {
      setTextScore(document, reached);
      yield document;
    }
  };
}

/** The best few of many: a heap with the worst of them on top. */
class Best {
  readonly #most: number;
  readonly #heap: Candidate[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  isWanted(score: number): boolean {
    return this.#heap.length < this.#most || score > this.#heap[0]!.score;
  }

  add(candidate: Candidate): void {
    if (this.#heap.length === this.#most) this.#heap[0] = candidate;
    else this.#raise(this.#heap.push(candidate) - 1);
    this.#sink(0);
  }

  inOrder(): Candidate[] {
    return this.#heap.toSorted((a, b) => b.score - a.score);
  }

  #raise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.score <= heap[at]!.score) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const least = right < heap.length && heap[right]!.score < heap[left]!.score ? right : left;
      if (heap[at]!.score <= heap[least]!.score) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}
