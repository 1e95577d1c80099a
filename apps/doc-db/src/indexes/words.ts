/** Texts as words to be searched for: cut at what is no letter or digit, folded, without stop words, as stems. */
import { fail } from "../mql/error.ts";
import { stemEnglish } from "./stemmer.ts";

/** What a word is made equal to others by. */
export interface WordOptions {
  readonly language: string;
  readonly isCaseSensitive: boolean;
  readonly isDiacriticSensitive: boolean;
}

/** Of the languages that MongoDB knows, those without a stemmer here are cut into words alone. */
const LANGUAGES: Readonly<Record<string, string>> = {
  da: "danish",
  nl: "dutch",
  en: "english",
  fi: "finnish",
  fr: "french",
  de: "german",
  hu: "hungarian",
  it: "italian",
  nb: "norwegian",
  pt: "portuguese",
  ro: "romanian",
  ru: "russian",
  es: "spanish",
  sv: "swedish",
  tr: "turkish",
};

const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all am an and any are as at be because been before being below between both but by
can cannot could did do does doing down during each few for from further had has have having he her here hers herself him
himself his how i if in into is it its itself me more most my myself no nor not of off on once only or other ought our
ours ourselves out over own same she should so some such than that the their theirs them themselves then there these they
this those through to too under until up very was we were what when where which while who whom why with would you your
yours yourself yourselves`.split(/\s+/),
);

/** The name of a language. @throws LanguageError 17262 for one that is not known */
export function languageOf(name: string): string {
  const known = LANGUAGES[name.toLowerCase()] ?? name.toLowerCase();
  if (known !== "none" && !Object.values(LANGUAGES).includes(known))
    fail(17262, "text language", name, `none, or one of ${Object.values(LANGUAGES).join(", ")}`);
  return known;
}

/** The words of a text, each as often as it is there. */
export function wordsOf(text: string, options: WordOptions): string[] {
  const words: string[] = [];
  for (const [token] of text.normalize("NFC").matchAll(/[\p{L}\p{N}\p{M}_]+/gu)) {
    const lower = token.toLowerCase();
    if (options.language === "english" && STOP_WORDS.has(lower)) continue;
    const plain = options.isDiacriticSensitive ? token : withoutMarks(token);
    words.push(stem(options.isCaseSensitive ? plain : plain.toLowerCase(), options.language));
  }
  return words;
}

/** A text without the marks on its letters. */
export function withoutMarks(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").normalize("NFC");
}

function stem(word: string, language: string): string {
  if (language !== "english") return word;
  const lower = word.toLowerCase();
  const found = stemEnglish(lower);
  // A stem is a beginning of the word but for its last letters: the case of what is left is kept.
  return word === lower ? found : word.slice(0, found.length - 1) + (word[found.length - 1] ?? "");
}
