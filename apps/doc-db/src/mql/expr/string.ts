import { BSONRegExp } from "../../document/bson-types.ts";
import type { Value } from "../../document/value.ts";
import { compareStrings } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { isNumeric, toInt32, toNumber } from "../number.ts";
import { compileRegex } from "../regex.ts";
import { isNullish } from "../types.ts";
import type { OperatorTable } from "./compile.ts";
import { textOf } from "./convert.ts";
import { fixed, named, type Operand, orNull, ranged, variadic } from "./define.ts";

const TRIM_CODES = { notObject: 50696, unknown: 50694, missing: 50695 };
const REPLACE_CODES = {
  notObject: 51751,
  unknown: 51750,
  missing: { input: 51749, find: 51748, replacement: 51747 },
};
const REGEX_CODES = { notObject: 51103, unknown: 31024, missing: { input: 31022, regex: 31023 } };

/** Operators on strings. */
export const STRING: OperatorTable = {
  $concat: variadic(concat),
  $indexOfCP: ranged("$indexOfCP", 2, 4, indexOfCodePoint),
  $ltrim: trimmer("$ltrim", true, false),
  $regexMatch: named(
    "$regexMatch",
    ["input", "regex", "options"],
    ["input", "regex"],
    REGEX_CODES,
    regexMatch,
  ),
  $replaceAll: replacer("$replaceAll", (text, find, by) => text.replaceAll(find, () => by)),
  $replaceOne: replacer("$replaceOne", (text, find, by) => text.replace(find, () => by)),
  $rtrim: trimmer("$rtrim", false, true),
  $split: fixed("$split", 2, orNull(split)),
  $strLenBytes: fixed("$strLenBytes", 1, (text) =>
    typeof text === "string" ? Buffer.byteLength(text) : fail(34473, "$strLenBytes", text, "a string"),
  ),
  $strLenCP: fixed("$strLenCP", 1, (text) =>
    typeof text === "string" ? [...text].length : fail(34471, "$strLenCP", text, "a string"),
  ),
  $strcasecmp: fixed("$strcasecmp", 2, (a, b) => Math.sign(compareStrings(upper(a), upper(b)))),
  $substrCP: fixed("$substrCP", 3, substring),
  $toLower: fixed("$toLower", 1, (text) => lower(text)),
  $toUpper: fixed("$toUpper", 1, (text) => upper(text)),
  $trim: trimmer("$trim", true, true),
};

function concat(values: readonly Operand[]): Operand {
  let text = "";
  for (const value of values) {
    if (isNullish(value)) return null;
    if (typeof value !== "string") return fail(16702, "$concat", value, "strings");
    text += value;
  }
  return text;
}

/** Only ASCII letters change, as in MongoDB. */
function lower(value: Operand): string {
  return plainText(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function upper(value: Operand): string {
  return plainText(value).replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function plainText(value: Operand): string {
  if (isNullish(value)) return "";
  const text = typeof value === "boolean" ? undefined : textOf(value);
  return text ?? fail(16007, "case conversion", value, "a string, number or date");
}

function trimmer(name: string, atStart: boolean, atEnd: boolean): OperatorTable[string] {
  return named(name, ["input", "chars"], ["input"], TRIM_CODES, ({ input, chars }, has) => {
    if (isNullish(input) || (has("chars") && isNullish(chars))) return null;
    if (typeof input !== "string") return fail(50699, `${name} input`, input, "a string");
    if (chars !== undefined && typeof chars !== "string") fail(50700, `${name} chars`, chars, "a string");
    const isCut = (letter: string): boolean =>
      chars === undefined ? /[\s\0]/.test(letter) : [...(chars as string)].includes(letter);
    const letters = [...input];
    let from = 0;
    let to = letters.length;
    while (atStart && from < to && isCut(letters[from]!)) from++;
    while (atEnd && to > from && isCut(letters[to - 1]!)) to--;
    return letters.slice(from, to).join("");
  });
}

function replacer(
  name: string,
  run: (text: string, find: string, by: string) => string,
): OperatorTable[string] {
  const names = ["input", "find", "replacement"];
  return named(name, names, names, REPLACE_CODES, ({ input, find, replacement }) => {
    const check = (value: Operand, code: number): void => {
      if (!isNullish(value) && typeof value !== "string") fail(code, name, value, "a string");
    };
    check(input, 51746);
    check(find, 51745);
    check(replacement, 51744);
    if (isNullish(input) || isNullish(find) || isNullish(replacement)) return null;
    return run(input as string, find as string, replacement as string);
  });
}

function split(text: Value, by: Value): Value {
  if (typeof text !== "string") return fail(40085, "$split", text, "a string");
  if (typeof by !== "string") return fail(40086, "$split separator", by, "a string");
  return by === "" ? fail(40087, "$split separator", by, "at least one character") : text.split(by);
}

function substring(text: Operand, start: Operand, count: Operand): Operand {
  const from = isNumeric(start) ? toInt32(start) : undefined;
  const length = isNumeric(count) ? toInt32(count) : undefined;
  if (!isNumeric(start)) return fail(34450, "$substrCP start", start, "a number");
  if (from === undefined) return fail(34451, "$substrCP start", start, "an integer");
  if (!isNumeric(count)) return fail(34452, "$substrCP length", count, "a number");
  if (length === undefined) return fail(34453, "$substrCP length", count, "an integer");
  if (from < 0 || length < 0)
    fail(from < 0 ? 34455 : 34454, "$substrCP", [from, length], "no negative number");
  return [...plainText(text)].slice(from, from + length).join("");
}

function indexOfCodePoint([text, search, start, end]: readonly Operand[]): Operand {
  if (isNullish(text)) return null;
  if (typeof text !== "string") return fail(40093, "$indexOfCP", text, "a string");
  if (typeof search !== "string") return fail(40094, "$indexOfCP search", search, "a string");
  const letters = [...text];
  const from = start === undefined ? 0 : toNumber(start as number);
  const to = end === undefined ? letters.length : Math.min(letters.length, toNumber(end as number));
  const found = letters.slice(from, to).join("").indexOf(search);
  return found < 0 ? -1 : from + [...letters.slice(from, to).join("").slice(0, found)].length;
}

function regexMatch({ input, regex, options }: Readonly<Record<string, Operand>>): Operand {
  if (isNullish(input) || isNullish(regex)) return false;
  if (typeof input !== "string") return fail(51104, "$regexMatch input", input, "a string");
  const pattern = regex instanceof BSONRegExp ? regex.pattern : regex;
  if (typeof pattern !== "string") return fail(51105, "$regexMatch regex", regex, "a string or regex");
  const flags = typeof options === "string" ? options : regex instanceof BSONRegExp ? regex.options : "";
  return compileRegex(pattern, flags)(input);
}
