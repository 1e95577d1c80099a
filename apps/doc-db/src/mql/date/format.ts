import { fail } from "../error.ts";
import { dayOfWeek, dayOfYear, isoDayOfWeek, isoWeek, partsOf, weekOfYear } from "./calendar.ts";
import { type TimeZone, toLocal } from "./time-zone.ts";

const MONTH_NAMES =
  "January February March April May June July August September October November December".split(" ");
/** As `$dateToString` writes a date when no format is given; with UTC's Z at its end. */
export const DEFAULT_FORMAT = "%Y-%m-%dT%H:%M:%S.%L";

/** The names of the months, January first. */
export function monthNames(): readonly string[] {
  return MONTH_NAMES;
}

/** @throws LanguageError 18535 for a percent sign at the end, 18536 for a letter that means nothing */
export function formatDate(format: string, utcMs: number, zone: TimeZone): string {
  const local = toLocal(utcMs, zone);
  let text = "";
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%") {
      text += format[i];
      continue;
    }
    const letter = format[++i];
    if (letter === undefined) fail(18535, "date format", format, "a letter behind its last percent sign");
    text += formatPart(letter, local, local - utcMs);
  }
  return text;
}

function formatPart(letter: string, local: number, offsetMs: number): string {
  const parts = partsOf(local);
  switch (letter) {
    case "%":
      return "%";
    case "Y":
      return yearText(parts.year);
    case "m":
      return pad(parts.month, 2);
    case "d":
      return pad(parts.day, 2);
    case "H":
      return pad(parts.hour, 2);
    case "M":
      return pad(parts.minute, 2);
    case "S":
      return pad(parts.second, 2);
    case "L":
      return pad(parts.millisecond, 3);
    case "j":
      return pad(dayOfYear(local), 3);
    case "w":
      return String(dayOfWeek(local));
    case "u":
      return String(isoDayOfWeek(local));
    case "U":
      return pad(weekOfYear(local), 2);
    case "V":
      return pad(isoWeek(local).week, 2);
    case "G":
      return yearText(isoWeek(local).year);
    case "b":
      return MONTH_NAMES[parts.month - 1]!.slice(0, 3);
    case "B":
      return MONTH_NAMES[parts.month - 1]!;
    case "z":
      return offsetText(offsetMs);
    case "Z":
      return (offsetMs > 0 ? "+" : "") + Math.trunc(offsetMs / 60_000);
  }
  return fail(18536, "date format", `%${letter}`, "%Y %m %d %H %M %S %L %j %w %u %U %V %G %b %B %z %Z or %%");
}

function yearText(year: number): string {
  if (year < 0 || year > 9999) fail(18537, "date", year, "a year from 0 to 9999 to be written");
  return pad(year, 4);
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  return `${offsetMs < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
