/** `$vectorSearch`: the documents whose vectors are nearest to one, every vector looked at. */
import { Binary } from "../../document/bson-types.ts";
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { getPath } from "../expr/field-path.ts";
import { isNumeric, toInt32, toNumber } from "../number.ts";
import { setTextScore } from "../text-score.ts";
import type { Stage } from "./stage.ts";

/** BSON's subtype of vectors; its first byte says of what, its second one how many bits of the last byte are padding. */
const VECTOR_SUBTYPE = 9;
const FLOAT32 = 0x27;
const INT8 = 0x03;
const MAX_DIMENSIONS = 8192;
const MAX_LIMIT = 10_000;

/** Scores two vectors of one length: 1 is the nearest for all but the product of vectors that have no length 1. */
type Similarity = (a: Float32Array, b: Float32Array) => number;

/** By their names; scores are normalised as MongoDB's are. */
const SIMILARITIES: Readonly<Record<string, Similarity>> = {
  cosine: (a, b) => {
    const lengths = Math.sqrt(dot(a, a) * dot(b, b));
    return lengths === 0 ? 0 : (1 + dot(a, b) / lengths) / 2;
  },
  dotProduct: (a, b) => (1 + dot(a, b)) / 2,
  euclidean: (a, b) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
    return 1 / (1 + sum);
  },
};

interface Candidate {
  readonly document: Document;
  readonly score: number;
}

/**
 * Compiles `{ path, queryVector, limit, similarity, filter }`. What is found comes in the order of its score, which
 * `{ $meta: "vectorSearchScore" }` gives; documents without a vector of that length are passed over.
 * @throws LanguageError for what is not understood
 */
export function vectorSearch(operand: Value): Stage {
  if (!isDocument(operand)) return fail(9, "$vectorSearch", operand, "an object");
  const { path, queryVector, similarity = "cosine", filter = {}, limit = null } = operand;
  if (typeof path !== "string" || path === "") return fail(9, "$vectorSearch path", path, "a field");
  const score = typeof similarity === "string" ? SIMILARITIES[similarity] : undefined;
  const known = Object.keys(SIMILARITIES).join(", ");
  if (score === undefined) return fail(9, "$vectorSearch similarity", similarity, `one of ${known}`);
  const wanted = isNumeric(limit) ? toInt32(limit) : undefined;
  if (wanted === undefined || wanted < 1 || wanted > MAX_LIMIT)
    return fail(9, "$vectorSearch limit", limit, `an integer from 1 to ${MAX_LIMIT}`);
  const vector = vectorOf(queryVector ?? null);
  if (vector === undefined || vector.length > MAX_DIMENSIONS)
    return fail(9, "$vectorSearch queryVector", queryVector, `up to ${MAX_DIMENSIONS} numbers`);
  if (!isDocument(filter)) return fail(9, "$vectorSearch filter", filter, "a filter");
  const compiled = compileFilter(filter);
  const parts = path.split(".");
  return async function* (documents) {
    const best = new Best(wanted);
    for await (const document of documents) {
      const found = vectorOf(getPath(document, parts, 0) ?? null);
      if (found === undefined || found.length !== vector.length) continue;
      const reached = score(vector, found);
      if (best.isWanted(reached) && matchesDocument(compiled, document))
        best.add({ document, score: reached });
    }
    for (const { document, score: reached } of best.inOrder()) {
      setTextScore(document, reached);
      yield document;
    }
  };
}

/** A vector of numbers in an array, or in BSON's own type; undefined for anything else. */
function vectorOf(value: Value): Float32Array | undefined {
  if (value instanceof Binary && value.subtype === VECTOR_SUBTYPE) return packedVector(value.bytes);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list = value as readonly Value[];
  const vector = new Float32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const number = list[i]!;
    if (typeof number === "number") vector[i] = number;
    else if (isNumeric(number)) vector[i] = toNumber(number);
    else return undefined;
  }
  return vector;
}

function packedVector(bytes: Uint8Array): Float32Array | undefined {
  const kind = bytes[0];
  if (kind === INT8) return Float32Array.from(new Int8Array(bytes.slice(2).buffer));
  if (kind !== FLOAT32 || bytes.length % 4 !== 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + 2, bytes.length - 2);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
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
