import type { Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { addMonths, DAY_MS, dayNumber, isoDayOfWeek, msOfDate, partsOf } from "./calendar.ts";
import { fromLocal, type TimeZone, toLocal } from "./time-zone.ts";

const MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };
const DAYS: Readonly<Record<string, number>> = { week: 7, day: 1 };
const MILLISECONDS: Readonly<Record<string, number>> = {
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/** Bins of `$dateTrunc` are counted from here, local time. */
const REFERENCE_MS: number = msOfDate(2000, 1, 1);

/** @throws LanguageError 5439013 for what is no string, 9 for a unit that does not exist */
export function checkUnit(value: Value): string {
  if (typeof value !== "string") return fail(5439013, "unit", value, "a string");
  if (Object.hasOwn(MONTHS, value) || Object.hasOwn(DAYS, value) || Object.hasOwn(MILLISECONDS, value))
    return value;
  return fail(9, "unit", value, "year, quarter, month, week, day, hour, minute, second or millisecond");
}

/** 1 (Monday) to 7. @throws LanguageError 5439015 for what is no string, 5439016 for no day of the week */
export function weekdayOf(value: Value): number {
  if (typeof value !== "string") return fail(5439015, "startOfWeek", value, "a string");
  const name = value.toLowerCase();
  const index = WEEKDAYS.findIndex((day) => day === name || (name.length === 3 && day.startsWith(name)));
  return index < 0 ? fail(5439016, "startOfWeek", value, "a day of the week") : index + 1;
}

/** A time so many units later; days and longer units by the local calendar. */
export function addUnits(utcMs: number, unit: string, amount: number, zone: TimeZone): number {
  const step = MILLISECONDS[unit];
  if (step !== undefined) return utcMs + amount * step;
  const local = toLocal(utcMs, zone);
  const months = MONTHS[unit];
  return fromLocal(
    months === undefined ? local + amount * DAYS[unit]! * DAY_MS : addMonths(local, amount * months),
    zone,
  );
}

/** How many boundaries of a unit lie between two times. */
export function differenceIn(
  unit: string,
  startMs: number,
  endMs: number,
  zone: TimeZone,
  weekStart: number,
): number {
  const start = toLocal(startMs, zone);
  const end = toLocal(endMs, zone);
  const step = MILLISECONDS[unit];
  if (step !== undefined) {
    // The clock's jumps in between are no boundaries.
    const jump = end - endMs - (start - startMs);
    return Math.floor((end - jump) / step) - Math.floor(start / step);
  }
  if (unit === "day") return dayNumber(end) - dayNumber(start);
  if (unit === "week") return (weekBegin(end, weekStart) - weekBegin(start, weekStart)) / 7;
  const monthsOf = (local: number): number => partsOf(local).year * 12 + partsOf(local).month - 1;
  return Math.floor(monthsOf(end) / MONTHS[unit]!) - Math.floor(monthsOf(start) / MONTHS[unit]!);
}

/** The begin of the bin of so many units that a time is in. */
export function truncate(
  utcMs: number,
  unit: string,
  binSize: number,
  zone: TimeZone,
  weekStart: number,
): number {
  const step = MILLISECONDS[unit];
  if (step !== undefined) {
    const reference = fromLocal(REFERENCE_MS, zone);
    const bin = step * binSize;
    return reference + Math.floor((utcMs - reference) / bin) * bin;
  }
  const local = toLocal(utcMs, zone);
  const months = MONTHS[unit];
  if (months !== undefined) {
    const { year, month } = partsOf(local);
    const bin = months * binSize;
    const begin = Math.floor(((year - 2000) * 12 + month - 1) / bin) * bin;
    return fromLocal(msOfDate(2000, 1 + begin, 1), zone);
  }
  const origin = unit === "week" ? weekBegin(REFERENCE_MS + 6 * DAY_MS, weekStart) : dayNumber(REFERENCE_MS);
  const bin = DAYS[unit]! * binSize;
  return fromLocal((origin + Math.floor((dayNumber(local) - origin) / bin) * bin) * DAY_MS, zone);
}

/** The day number on which the week of a local time begins. */
function weekBegin(localMs: number, weekStart: number): number {
  return dayNumber(localMs) - ((isoDayOfWeek(localMs) - weekStart + 7) % 7);
}
