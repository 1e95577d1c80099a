/** Porter's stemmer of English (M. F. Porter, An algorithm for suffix stripping, 1980). */

const VOWEL = "[aeiouy]";
const CONSONANTS = "[^aeiou][^aeiouy]*";
const VOWELS = "[aeiouy][aeiou]*";
const MEASURE_ABOVE_0 = new RegExp(`^(${CONSONANTS})?${VOWELS}${CONSONANTS}`);
const MEASURE_1 = new RegExp(`^(${CONSONANTS})?${VOWELS}${CONSONANTS}(${VOWELS})?$`);
const MEASURE_ABOVE_1 = new RegExp(`^(${CONSONANTS})?${VOWELS}${CONSONANTS}${VOWELS}${CONSONANTS}`);
const HAS_VOWEL = new RegExp(`^(${CONSONANTS})?${VOWEL}`);
const SHORT_END = new RegExp(`^${CONSONANTS}${VOWEL}[^aeiouwxy]$`);

const STEP_2: readonly (readonly [string, string])[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"],
];
const STEP_3: readonly (readonly [string, string])[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];
const STEP_4 = /^(.+?)(al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize)$/;

/** The stem of a word in lower case. */
export function stemEnglish(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  let stem = word.replace(/(ss|i)es$/, "$1").replace(/([^s])s$/, "$1");
  stem = withoutPast(stem);
  if (/y$/.test(stem) && HAS_VOWEL.test(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`;
  stem = replaceEnd(stem, STEP_2);
  stem = replaceEnd(stem, STEP_3);
  stem = withoutLongEnd(stem);
  if (stem.endsWith("e")) {
    const rest = stem.slice(0, -1);
    if (MEASURE_ABOVE_1.test(rest) || (MEASURE_1.test(rest) && !SHORT_END.test(rest))) stem = rest;
  }
  return stem.endsWith("ll") && MEASURE_ABOVE_1.test(stem) ? stem.slice(0, -1) : stem;
}

function withoutPast(stem: string): string {
  if (stem.endsWith("eed")) return MEASURE_ABOVE_0.test(stem.slice(0, -3)) ? stem.slice(0, -1) : stem;
  const rest = /^(.+?)(ed|ing)$/.exec(stem)?.[1];
  if (rest === undefined || !HAS_VOWEL.test(rest)) return stem;
  if (/(at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/([^aeiouylsz])\1$/.test(rest)) return rest.slice(0, -1);
  return SHORT_END.test(rest) ? `${rest}e` : rest;
}

function replaceEnd(stem: string, table: typeof STEP_2): string {
  const found = table.find(([end]) => stem.endsWith(end));
  if (found === undefined) return stem;
  const rest = stem.slice(0, -found[0].length);
  return MEASURE_ABOVE_0.test(rest) ? rest + found[1] : stem;
}

function withoutLongEnd(stem: string): string {
  const rest = STEP_4.exec(stem)?.[1] ?? /^(.+?[st])ion$/.exec(stem)?.[1];
  return rest !== undefined && MEASURE_ABOVE_1.test(rest) ? rest : stem;
}
