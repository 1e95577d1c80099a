/** `$text`: words to be found, phrases that must be there, words that must not. */
import { isDocument, type Value } from "../document/value.ts";
import type { TextFields } from "../indexes/definition.ts";
import { documentLanguage, textsOf } from "../indexes/text-keys.ts";
import { languageOf, withoutMarks, wordsOf } from "../indexes/words.ts";
import { fail } from "../mql/error.ts";
import type { FieldLookup } from "./tests.ts";

/** A parsed `$text`. */
export interface TextQuery {
  /** Words as they were written; those of phrases too. */
  readonly words: string;
  readonly negated: readonly string[];
  readonly phrases: readonly string[];
  readonly negatedPhrases: readonly string[];
  readonly language: string | undefined;
  readonly isCaseSensitive: boolean;
  readonly isDiacriticSensitive: boolean;
}

const FIELDS = ["$search", "$language", "$caseSensitive", "$diacriticSensitive"];

/** @throws LanguageError 2, 4 or 14 */
export function parseTextQuery(operand: Value): TextQuery {
  if (!isDocument(operand)) return fail(14, "$text", operand, "an object");
  const { $search, $language, $caseSensitive, $diacriticSensitive } = operand;
  if ($search === undefined) return fail(4, "$text", operand, "a $search");
  if (typeof $search !== "string") return fail(14, "$text $search", $search, "a string");
  const unknown = Object.keys(operand).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) fail(2, "$text", unknown, `one of ${FIELDS.join(", ")}`);
  for (const flag of [$caseSensitive, $diacriticSensitive])
    if (flag !== undefined && typeof flag !== "boolean") fail(14, "$text", flag, "a boolean");
  if ($language !== undefined && typeof $language !== "string")
    fail(14, "$text $language", $language, "a string");
  const phrases: string[] = [];
  const negatedPhrases: string[] = [];
  const loose = $search.replaceAll(/(-?)"([^"]*)"/g, (_, minus: string, phrase: string) => {
    if (phrase.trim() !== "") (minus === "" ? phrases : negatedPhrases).push(phrase);
    return ` ${minus === "" ? phrase : ""} `;
  });
  const negated: string[] = [];
  const words = loose.replaceAll(/(^|\s)-(\S+)/g, (_, space: string, word: string) => {
    negated.push(word);
    return space;
  });
  return {
    words,
    negated,
    phrases,
    negatedPhrases,
    language: $language === undefined ? undefined : languageOf($language as string),
    isCaseSensitive: $caseSensitive === true,
    isDiacriticSensitive: $diacriticSensitive === true,
  };
}

/** The words to look up in an index. */
export function searchedWords(query: TextQuery, text: TextFields): string[] {
  const options = {
    language: query.language ?? text.language,
    isCaseSensitive: false,
    isDiacriticSensitive: false,
  };
  return [...new Set(wordsOf(query.words, options))];
}

/** Whether a document that has one of the words fulfils the rest: phrases, case, marks, and what must not be there. */
export function textTest(query: TextQuery, text: TextFields): (lookup: FieldLookup) => boolean {
  const { isCaseSensitive, isDiacriticSensitive } = query;
  const isSensitive = isCaseSensitive || isDiacriticSensitive;
  const plain = (part: string): string => {
    const marked = isDiacriticSensitive ? part : withoutMarks(part);
    return isCaseSensitive ? marked : marked.toLowerCase();
  };
  return (lookup) => {
    const texts = textsOf(text, lookup).map((part) => part.text);
    const whole = texts.map(plain);
    if (!query.phrases.every((phrase) => whole.some((part) => part.includes(plain(phrase))))) return false;
    if (query.negatedPhrases.some((phrase) => whole.some((part) => part.includes(plain(phrase)))))
      return false;
    if (!isSensitive && query.negated.length === 0) return true;
    const options = {
      language: query.language ?? documentLanguage(text, lookup),
      isCaseSensitive,
      isDiacriticSensitive,
    };
    const there = new Set(texts.flatMap((part) => wordsOf(part, options)));
    if (query.negated.some((word) => wordsOf(word, options).some((each) => there.has(each)))) return false;
    return !isSensitive || wordsOf(query.words, options).some((word) => there.has(word));
  };
}
