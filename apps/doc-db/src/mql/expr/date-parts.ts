import { Timestamp } from "../../document/bson-types.ts";
import { ObjectId } from "../../document/object-id.ts";
import { isDocument, type Value } from "../../document/value.ts";
import { dayOfWeek, dayOfYear, isoDayOfWeek, isoWeek, partsOf, weekOfYear } from "../date/calendar.ts";
import { type TimeZone, timeZoneOf, toLocal, UTC } from "../date/time-zone.ts";
import { fail } from "../error.ts";
import { isNullish } from "../types.ts";
import { compile, constant, type Expression, fold, type OperatorTable, type Scope } from "./compile.ts";
import { named, type Operand } from "./define.ts";

/** Operators that give one part of a date, or all of them. */
export const DATE_PARTS: OperatorTable = {
  $year: part("$year", (local) => partsOf(local).year),
  $month: part("$month", (local) => partsOf(local).month),
  $dayOfMonth: part("$dayOfMonth", (local) => partsOf(local).day),
  $hour: part("$hour", (local) => partsOf(local).hour),
  $minute: part("$minute", (local) => partsOf(local).minute),
  $second: part("$second", (local) => partsOf(local).second),
  $millisecond: part("$millisecond", (local) => partsOf(local).millisecond),
  $dayOfYear: part("$dayOfYear", dayOfYear),
  $dayOfWeek: part("$dayOfWeek", dayOfWeek),
  $week: part("$week", weekOfYear),
  $isoWeek: part("$isoWeek", (local) => isoWeek(local).week),
  $isoWeekYear: part("$isoWeekYear", (local) => BigInt(isoWeek(local).year)),
  $isoDayOfWeek: part("$isoDayOfWeek", isoDayOfWeek),
  $dateToParts: named(
    "$dateToParts",
    ["date", "timezone", "iso8601"],
    ["date"],
    { notObject: 40524, unknown: 40520, missing: 40522 },
    dateToParts,
  ),
};

/** Milliseconds since 1970 of a date, timestamp or ObjectId; undefined for any other value. */
export function timeOf(value: Value): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Timestamp) return value.seconds * 1000;
  if (!(value instanceof ObjectId)) return undefined;
  const { bytes } = value;
  // Signed, as MongoDB reads it.
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) * 1000;
}

/** The zone that an operand names; UTC when the argument was not given. */
export function zoneOf(value: Operand, isGiven: boolean): TimeZone | undefined {
  if (!isGiven) return UTC;
  return isNullish(value) ? undefined : timeZoneOf(value);
}

function part(name: string, read: (localMs: number) => Value): OperatorTable[string] {
  return (operand, scope) => {
    const { date, timezone, isGiven } = dateArguments(name, operand, scope);
    return fold([date, timezone], (context) => {
      const value = date(context);
      const zone = zoneOf(timezone(context), isGiven);
      if (zone === undefined || isNullish(value)) return null;
      const time = timeOf(value) ?? fail(16006, name, value, "a date");
      return read(toLocal(time, zone));
    });
  };
}

/** A date alone, or in an array of one, or `{ date, timezone }`. */
function dateArguments(
  name: string,
  operand: Value,
  scope: Scope,
): { date: Expression; timezone: Expression; isGiven: boolean } {
  const none = { timezone: constant(undefined), isGiven: false };
  if (Array.isArray(operand)) {
    if (operand.length !== 1) fail(40536, name, operand.length, "one date");
    return { date: compile(operand[0], scope), ...none };
  }
  const first = isDocument(operand) ? Object.keys(operand)[0] : undefined;
  if (!isDocument(operand) || first?.startsWith("$") === true)
    return { date: compile(operand, scope), ...none };
  for (const key of Object.keys(operand)) {
    if (key !== "date" && key !== "timezone") fail(40535, `${name} argument`, key, "date or timezone");
  }
  if (operand.date === undefined) fail(40539, name, operand, 'an argument "date"');
  const isGiven = operand.timezone !== undefined;
  return {
    date: compile(operand.date, scope),
    timezone: isGiven ? compile(operand.timezone!, scope) : constant(undefined),
    isGiven,
  };
}

function dateToParts(values: Readonly<Record<string, Operand>>, has: (name: string) => boolean): Operand {
  const { date, timezone, iso8601 } = values;
  const zone = zoneOf(timezone, has("timezone"));
  if (zone === undefined || (has("iso8601") && isNullish(iso8601))) return null;
  if (has("iso8601") && typeof iso8601 !== "boolean")
    fail(40521, "$dateToParts iso8601", iso8601, "a boolean");
  if (isNullish(date)) return null;
  const time = timeOf(date) ?? fail(16006, "$dateToParts", date, "a date");
  const local = toLocal(time, zone);
  const { year, month, day, ...clock } = partsOf(local);
  if (iso8601 !== true) return { year, month, day, ...clock };
  const week = isoWeek(local);
  return { isoWeekYear: week.year, isoWeek: week.week, isoDayOfWeek: isoDayOfWeek(local), ...clock };
}
