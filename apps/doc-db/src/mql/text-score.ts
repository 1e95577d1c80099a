/** Scores of `$text` and `$vectorSearch`, beside the documents that they found. */
import type { Document } from "../document/value.ts";

const SCORES = new WeakMap<Document, number>();

export function setTextScore(document: Document, score: number): void {
  SCORES.set(document, score);
}

/** Undefined for a document that none of them found. */
export function textScoreOf(document: Document): number | undefined {
  return SCORES.get(document);
}
