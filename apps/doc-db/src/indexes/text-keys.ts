/** The entries of a text index: each word of a document, with how often and how heavy it is there. */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { encodeKey, MAX_INDEX_VALUE_BYTES } from "../keys/encode-key.ts";
import type { FieldLookup } from "../query/filter.ts";
import { parsePath, someAtPath } from "../query/path.ts";
import type { IndexDefinition, IndexField, TextFields } from "./definition.ts";
import { concat } from "./key-parts.ts";
import type { IndexKeys } from "./keys.ts";
import { languageOf, wordsOf } from "./words.ts";

/** Of an entry's extra bytes: the weighted count as a float, the document's words as a u32. */
export const TEXT_EXTRA_BYTES = 8;

/** A text of a document, with the weight of its field. */
export interface WeightedText {
  readonly text: string;
  readonly weight: number;
}

/** @param prefixKeys - gives the keys of the fields before the text */
export function textKeys(
  definition: IndexDefinition,
  lookup: FieldLookup,
  prefixKeys: (fields: readonly IndexField[]) => IndexKeys,
): IndexKeys {
  const { text, fields } = definition;
  const { counts, words } = countWords(text!, lookup);
  if (counts.size === 0) return { keys: [], isMultikey: true };
  const before = fields.slice(
    0,
    fields.findIndex(({ kind }) => kind === "text"),
  );
  const prefixes = prefixKeys(before).keys;
  const entries = [...counts].flatMap(([word, count]) => {
    const extra = new Uint8Array(TEXT_EXTRA_BYTES);
    const view = new DataView(extra.buffer);
    view.setFloat32(0, count);
    view.setUint32(4, words);
    return prefixes.map((prefix) => ({ key: wordKey(prefix, word), extra }));
  });
  return {
    keys: entries.map(({ key }) => key),
    extras: entries.map(({ extra }) => extra),
    isMultikey: true,
  };
}

/** The key of a word behind the keys of the fields before. */
export function wordKey(prefix: Uint8Array, word: string): Uint8Array {
  return concat(prefix, encodeKey(word)).subarray(0, MAX_INDEX_VALUE_BYTES);
}

/** Weighted counts of a document's words, and how many words there are. */
export function countWords(
  text: TextFields,
  lookup: FieldLookup,
): { counts: Map<string, number>; words: number } {
  const language = documentLanguage(text, lookup);
  const counts = new Map<string, number>();
  let words = 0;
  for (const { text: part, weight } of textsOf(text, lookup)) {
    for (const word of wordsOf(part, { language, isCaseSensitive: false, isDiacriticSensitive: false })) {
      const cut = word.slice(0, 100);
      counts.set(cut, (counts.get(cut) ?? 0) + weight);
      words++;
    }
  }
  return { counts, words };
}

/** The language that a document names, or the index's. */
export function documentLanguage(text: TextFields, lookup: FieldLookup): string {
  const named = lookup(text.languageField);
  return typeof named === "string" ? languageOf(named) : text.language;
}

/** The strings of a document that the index looks at. */
export function textsOf({ weights }: TextFields, lookup: FieldLookup): WeightedText[] {
  const found: WeightedText[] = [];
  for (const [path, weight] of weights) {
    if (path === "$**") {
      eachString(lookup.whole(), (text) => found.push({ text, weight }));
      continue;
    }
    const parts = parsePath(path);
    someAtPath(lookup(parts[0]!), parts, 1, (value) => {
      const values = Array.isArray(value) ? (value as readonly Value[]) : [value];
      for (const text of values) if (typeof text === "string") found.push({ text, weight });
      return false;
    });
  }
  return found;
}

function eachString(value: Value, take: (text: string) => void): void {
  if (typeof value === "string") take(value);
  else if (Array.isArray(value)) for (const element of value as readonly Value[]) eachString(element, take);
  else if (isDocument(value)) for (const inner of Object.values(value as Document)) eachString(inner, take);
}
