/** How near two vectors are, by the names that MongoDB has for it. */

/** A name in {@link SIMILARITIES}. */
export type SimilarityName = "cosine" | "dotProduct" | "euclidean";

/** Scores two vectors of one length: 1 is the nearest for all but the product of vectors that have no length 1. */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

/** By their names; scores are normalised as MongoDB's are. */
export const SIMILARITIES: Readonly<Record<SimilarityName, Similarity>> = {
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

/** Whether a name is one of a similarity. */
export function isSimilarity(name: unknown): name is SimilarityName {
  return typeof name === "string" && Object.hasOwn(SIMILARITIES, name);
}

/** Makes a vector's length 1; one of length 0 stays as it is. */
export function normalize(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
