/** Scores of `$text`, beside the documents that it found. */
import type { Document } from "../document/value.ts";

const SCORES = new WeakMap<Document, number>();

export function setTextScore(document: Document, score: number): void {
  SCORES.set(document, score);
}

/** Undefined for a document that no `$text` found. */
export function textScoreOf(document: Document): number | undefined {
  return SCORES.get(document);
}
