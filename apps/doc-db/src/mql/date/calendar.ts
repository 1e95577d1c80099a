/** The proleptic Gregorian calendar on milliseconds since 1970. */
export const DAY_MS = 86_400_000;

/** A time's parts; months from 1, days of the week from 1 (Sunday). */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

export function partsOf(localMs: number): DateParts {
  const date = new Date(localMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/** Milliseconds of a day; months and days out of their range carry over. */
export function msOfDate(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

export function dayNumber(localMs: number): number {
  return Math.floor(localMs / DAY_MS);
}

/** 1 (Sunday) to 7. */
export function dayOfWeek(localMs: number): number {
  return new Date(localMs).getUTCDay() + 1;
}

/** 1 (Monday) to 7. */
export function isoDayOfWeek(localMs: number): number {
  return new Date(localMs).getUTCDay() || 7;
}

export function dayOfYear(localMs: number): number {
  return dayNumber(localMs) - dayNumber(msOfDate(new Date(localMs).getUTCFullYear(), 1, 1)) + 1;
}

/** 0 to 53; weeks begin on Sundays, what is before the first one is week 0. */
export function weekOfYear(localMs: number): number {
  return Math.floor((dayOfYear(localMs) + 7 - dayOfWeek(localMs)) / 7);
}

/** ISO 8601: the week with the year's first Thursday is week 1. */
export function isoWeek(localMs: number): { year: number; week: number } {
  const thursday = localMs + (4 - isoDayOfWeek(localMs)) * DAY_MS;
  return { year: new Date(thursday).getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** The Monday of ISO week 1 of a year. */
export function isoYearStart(year: number): number {
  const january4 = msOfDate(year, 1, 4);
  return january4 - (isoDayOfWeek(january4) - 1) * DAY_MS;
}

export function daysInMonth(year: number, month: number): number {
  return dayNumber(msOfDate(year, month + 1, 1)) - dayNumber(msOfDate(year, month, 1));
}

/** A time so many months later, on the month's last day where it is shorter. */
export function addMonths(localMs: number, months: number): number {
  const { year, month, day } = partsOf(localMs);
  const target = year * 12 + (month - 1) + months;
  const targetYear = Math.floor(target / 12);
  const targetMonth = target - targetYear * 12 + 1;
  const time = localMs - dayNumber(localMs) * DAY_MS;
  return msOfDate(targetYear, targetMonth, Math.min(day, daysInMonth(targetYear, targetMonth))) + time;
}
