import type { Value } from "../../document/value.ts";
import { DAY_MS, isoYearStart, msOfDate } from "../date/calendar.ts";
import { DEFAULT_FORMAT, formatDate } from "../date/format.ts";
import { parseDate, parseDateBy } from "../date/parse.ts";
import { fromLocal, UTC } from "../date/time-zone.ts";
import { addUnits, checkUnit, differenceIn, truncate, weekdayOf } from "../date/units.ts";
import { fail, LanguageError } from "../error.ts";
import { isNumeric, toInt64, toNumber } from "../number.ts";
import { isNullish } from "../types.ts";
import type { OperatorTable } from "./compile.ts";
import { timeOf, zoneOf } from "./date-parts.ts";
import { type NamedCodes, named, type Operand } from "./define.ts";

type Values = Readonly<Record<string, Operand>>;
type Has = (name: string) => boolean;

const ADD_CODES = { notObject: 5166400, unknown: 5166401, missing: 5166402 };
const DIFF_CODES: NamedCodes = {
  notObject: 5166301,
  unknown: 5166302,
  missing: { startDate: 5166303, endDate: 5166304, unit: 5166305 },
};
const TRUNC_CODES: NamedCodes = {
  notObject: 5439007,
  unknown: 5439008,
  missing: { date: 5439009, unit: 5439010 },
};
const PART_RANGE = 32_767;

/** Operators that make, move, compare and spell dates. */
export const DATE: OperatorTable = {
  $dateAdd: adder("$dateAdd", 1),
  $dateSubtract: adder("$dateSubtract", -1),
  $dateDiff: named(
    "$dateDiff",
    ["startDate", "endDate", "unit", "timezone", "startOfWeek"],
    ["startDate", "endDate", "unit"],
    DIFF_CODES,
    dateDiff,
  ),
  $dateTrunc: named(
    "$dateTrunc",
    ["date", "unit", "binSize", "timezone", "startOfWeek"],
    ["date", "unit"],
    TRUNC_CODES,
    dateTrunc,
  ),
  $dateFromParts: named(
    "$dateFromParts",
    [
      "year",
      "month",
      "day",
      "isoWeekYear",
      "isoWeek",
      "isoDayOfWeek",
      "hour",
      "minute",
      "second",
      "millisecond",
      "timezone",
    ],
    [],
    { notObject: 40519, unknown: 40518, missing: 40516 },
    dateFromParts,
  ),
  $dateFromString: named(
    "$dateFromString",
    ["dateString", "format", "timezone", "onError", "onNull"],
    ["dateString"],
    { notObject: 40540, unknown: 40541, missing: 40542 },
    dateFromString,
  ),
  $dateToString: named(
    "$dateToString",
    ["date", "format", "timezone", "onNull"],
    ["date"],
    { notObject: 18629, unknown: 18534, missing: 18628 },
    dateToString,
  ),
};

function adder(name: string, sign: 1 | -1): OperatorTable[string] {
  const names = ["startDate", "unit", "amount", "timezone"];
  return named(name, names, names.slice(0, 3), ADD_CODES, ({ startDate, unit, amount, timezone }, has) => {
    if (isNullish(startDate) || isNullish(unit) || isNullish(amount)) return null;
    if (has("timezone") && isNullish(timezone)) return null;
    const time = timeOf(startDate) ?? fail(5166403, `${name} startDate`, startDate, "a date");
    const checked = checkUnit(unit);
    const count = isNumeric(amount) ? toInt64(amount) : undefined;
    if (count === undefined) return fail(5166405, `${name} amount`, amount, "an integer of 64 bits");
    const zone = zoneOf(timezone, has("timezone"));
    if (zone === undefined) return null;
    const limit = AMOUNT_LIMITS[checked];
    if (limit !== undefined && (count > limit || count < -limit))
      fail(5976500, `${name} amount`, amount, "a smaller amount");
    return checkedDate(name, addUnits(time, checked, Number(count) * sign, zone));
  });
}

/** Amounts above lead out of all dates in any case. */
const AMOUNT_LIMITS: Readonly<Record<string, bigint>> = {
  year: 584_942_417n,
  quarter: 584_942_417n * 4n,
  month: 584_942_417n * 12n,
  week: 30_500_568_905n,
  day: 213_503_982_335n,
};

function checkedDate(name: string, time: number): Date {
  if (Number.isNaN(time) || Math.abs(time) > 8.64e15) fail(15, name, time, "a date of our calendar");
  return new Date(time);
}

function dateDiff({ startDate, endDate, unit, timezone, startOfWeek }: Values, has: Has): Operand {
  if (isNullish(startDate) || isNullish(endDate) || isNullish(unit)) return null;
  if (has("timezone") && isNullish(timezone)) return null;
  const isWeek = unit === "week";
  if (isWeek && has("startOfWeek") && isNullish(startOfWeek)) return null;
  const start = timeOf(startDate) ?? fail(5166307, "$dateDiff startDate", startDate, "a date");
  const end = timeOf(endDate) ?? fail(5166307, "$dateDiff endDate", endDate, "a date");
  const checked = checkUnit(unit);
  const weekStart = isWeek && !isNullish(startOfWeek) ? weekdayOf(startOfWeek) : 7;
  const zone = zoneOf(timezone, has("timezone"));
  return zone === undefined ? null : BigInt(differenceIn(checked, start, end, zone, weekStart));
}

function dateTrunc({ date, unit, binSize, timezone, startOfWeek }: Values, has: Has): Operand {
  if (isNullish(date) || isNullish(unit) || (has("binSize") && isNullish(binSize))) return null;
  if (has("timezone") && isNullish(timezone)) return null;
  const isWeek = unit === "week";
  if (isWeek && has("startOfWeek") && isNullish(startOfWeek)) return null;
  const time = timeOf(date) ?? fail(5166307, "$dateTrunc date", date, "a date");
  const checked = checkUnit(unit);
  const size = binSize === undefined ? 1n : isNumeric(binSize) ? toInt64(binSize) : undefined;
  if (size === undefined) return fail(5439017, "$dateTrunc binSize", binSize, "an integer");
  if (size <= 0n) fail(5439018, "$dateTrunc binSize", binSize, "an integer above 0");
  const weekStart = isWeek && !isNullish(startOfWeek) ? weekdayOf(startOfWeek) : 7;
  const zone = zoneOf(timezone, has("timezone"));
  if (zone === undefined) return null;
  return checkedDate("$dateTrunc", truncate(time, checked, Number(size), zone, weekStart));
}

function dateFromParts(values: Values, has: Has): Operand {
  const isIso = has("isoWeekYear") || has("isoWeek") || has("isoDayOfWeek");
  const [yearName, monthName, dayName] = isIso
    ? ["isoWeekYear", "isoWeek", "isoDayOfWeek"]
    : ["year", "month", "day"];
  if (!has(yearName!)) fail(40516, "$dateFromParts", values, 'an argument "year" or "isoWeekYear"');
  if (isIso && (has("year") || has("month") || has("day")))
    fail(has("isoWeekYear") ? 40525 : 40489, "$dateFromParts", "ISO and calendar parts", "one of the two");
  let isNull = false;
  const integer = (name: string, other: number): number => {
    if (!has(name)) return other;
    const value = values[name];
    if (isNullish(value)) {
      isNull = true;
      return other;
    }
    const whole = isNumeric(value) ? toInt64(value) : undefined;
    return whole === undefined ? fail(40515, `$dateFromParts ${name}`, value, "an integer") : Number(whole);
  };
  const year = integer(yearName!, 0);
  const [month, day] = [bounded(monthName!, integer(monthName!, 1)), bounded(dayName!, integer(dayName!, 1))];
  const hour = bounded("hour", integer("hour", 0));
  const minute = bounded("minute", integer("minute", 0));
  const second = integer("second", 0);
  const millisecond = integer("millisecond", 0);
  const zone = zoneOf(values.timezone, has("timezone"));
  if (isNull || zone === undefined) return null;
  if (year < 1 || year > 9999) fail(40523, `$dateFromParts ${yearName}`, year, "a year from 1 to 9999");
  const date = isIso ? isoYearStart(year) + ((month - 1) * 7 + day - 1) * DAY_MS : msOfDate(year, month, day);
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
  return checkedDate("$dateFromParts", fromLocal(date + time, zone));
}

function bounded(name: string, value: number): number {
  if (Math.abs(value) > PART_RANGE + 1) fail(31034, `$dateFromParts ${name}`, value, "-32768 to 32767");
  return value;
}

function dateFromString(values: Values, has: Has): Operand {
  const { dateString, format, timezone, onError, onNull } = values;
  if (has("format") && !isNullish(format) && typeof format !== "string")
    fail(40684, "$dateFromString format", format, "a string");
  const zone = zoneOf(timezone, has("timezone"));
  if (isNullish(dateString)) return has("onNull") ? onNull : null;
  if (zone === undefined || (has("format") && isNullish(format))) return null;
  try {
    if (typeof dateString !== "string") return fail(241, "$dateFromString", dateString, "a string");
    const hasZone = has("timezone") && zone !== UTC;
    return new Date(
      format === undefined
        ? parseDate(dateString, zone, hasZone)
        : parseDateBy(dateString, format as string, zone, hasZone),
    );
  } catch (error) {
    if (has("onError") && error instanceof LanguageError && error.serverCode === 241) return onError;
    throw error;
  }
}

function dateToString({ date, format, timezone, onNull }: Values, has: Has): Operand {
  if (has("format") && !isNullish(format) && typeof format !== "string")
    fail(18533, "$dateToString format", format, "a string");
  const zone = zoneOf(timezone, has("timezone"));
  if (isNullish(date)) return has("onNull") ? onNull : null;
  if (zone === undefined || (has("format") && isNullish(format))) return null;
  const time = timeOf(date) ?? fail(16006, "$dateToString", date, "a date");
  const text = formatDate((format as string | undefined) ?? DEFAULT_FORMAT, time, zone);
  return format === undefined && zone === UTC ? `${text}Z` : text;
}

/** Milliseconds of a number that stands for a date. */
export function dateOfNumber(value: Value): Date | undefined {
  return isNumeric(value) ? checkedDate("$toDate", Math.trunc(toNumber(value))) : undefined;
}
