import { fail } from "../error.ts";
import { DAY_MS, daysInMonth, isoYearStart, msOfDate } from "./calendar.ts";
import { monthNames } from "./format.ts";
import { fromLocal, type TimeZone, timeZoneOf } from "./time-zone.ts";

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?|[A-Z][a-z]+\/[A-Z]\w+)?$/;
const PATTERNS: Readonly<Record<string, string>> = {
  Y: "(\\d{4})",
  G: "(\\d{4})",
  m: "(\\d{1,2})",
  d: "(\\d{1,2})",
  H: "(\\d{1,2})",
  M: "(\\d{1,2})",
  S: "(\\d{1,2})",
  L: "(\\d{1,3})",
  j: "(\\d{1,3})",
  u: "([1-7])",
  V: "(\\d{1,2})",
  b: "([A-Za-z]{3})",
  B: "([A-Za-z]+)",
  z: "([+-]\\d{2}:?\\d{2}|Z)",
  Z: "([+-]\\d{1,4})",
};

/** Milliseconds since 1970. @throws LanguageError 241 for what is no date */
export function parseDate(text: string, zone: TimeZone, hasZone: boolean): number {
  const match = ISO.exec(text);
  if (match === null) return parseLoose(text, zone);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", suffix] = match;
  if (suffix !== undefined && hasZone) fail(241, "date", text, "no zone of its own when a timezone is given");
  const given = suffix === undefined ? zone : timeZoneOf(/^z$/i.test(suffix) ? "UTC" : suffix);
  checkRange(text, Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  const local =
    msOfDate(Number(year), Number(month), Number(day)) +
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 +
    milliseconds;
  return fromLocal(local, given);
}

/** Spellings beyond ISO 8601, such as "July 4, 2017". */
function parseLoose(text: string, zone: TimeZone): number {
  const hasLetters = /[A-Za-z]{3}/.test(text) && /\d{4}/.test(text);
  const time = hasLetters || /^\d{1,2}\/\d{1,2}\/\d{4}/.test(text) ? Date.parse(`${text} UTC`) : Number.NaN;
  return Number.isNaN(time) ? fail(241, "date", text, "an ISO 8601 date") : fromLocal(time, zone);
}

function checkRange(
  text: string,
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): void {
  const isGood =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 24 &&
    minute <= 59 &&
    second <= 59;
  if (!isGood) fail(241, "date", text, "parts within their ranges");
}

/** As {@link parseDate}, by a format of `$dateToString`'s letters. @throws LanguageError 18536 for a letter that means nothing */
export function parseDateBy(text: string, format: string, zone: TimeZone, hasZone: boolean): number {
  const letters: string[] = [];
  let source = "";
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%") {
      source += format[i]!.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
      continue;
    }
    const letter = format[++i];
    if (letter === undefined) fail(18535, "date format", format, "a letter behind its last percent sign");
    if (letter === "%") source += "%";
    else {
      source +=
        PATTERNS[letter] ?? fail(18536, "date format", `%${letter}`, "a letter that dates are read by");
      letters.push(letter);
    }
  }
  const match = new RegExp(`^${source}$`, "i").exec(text);
  if (match === null) return fail(241, "date", text, `a date of the format ${format}`);
  return fromFields(text, new Map(letters.map((letter, i) => [letter, match[i + 1]!])), zone, hasZone);
}

function fromFields(
  text: string,
  fields: ReadonlyMap<string, string>,
  zone: TimeZone,
  hasZone: boolean,
): number {
  const number = (letter: string, other: number): number => Number(fields.get(letter) ?? other);
  const name = (fields.get("B") ?? fields.get("b"))?.toLowerCase();
  const month =
    name === undefined
      ? number("m", 1)
      : 1 + monthNames().findIndex((full) => full.toLowerCase().startsWith(name));
  const day = number("d", 1);
  checkRange(text, number("Y", 1970), month, day, number("H", 0), number("M", 0), number("S", 0));
  let date = msOfDate(number("Y", 1970), month, day);
  if (fields.has("G"))
    date = isoYearStart(number("G", 1970)) + ((number("V", 1) - 1) * 7 + number("u", 1) - 1) * DAY_MS;
  if (fields.has("j")) date = msOfDate(number("Y", 1970), 1, number("j", 1));
  const time = ((number("H", 0) * 60 + number("M", 0)) * 60 + number("S", 0)) * 1000 + number("L", 0);
  if ((fields.has("z") || fields.has("Z")) && hasZone)
    fail(241, "date", text, "no zone of its own when a timezone is given");
  const offset = fields.get("z");
  if (fields.has("Z")) return date + time - number("Z", 0) * 60_000;
  return fromLocal(
    date + time,
    offset === undefined ? zone : timeZoneOf(offset.toUpperCase() === "Z" ? "UTC" : offset),
  );
}
