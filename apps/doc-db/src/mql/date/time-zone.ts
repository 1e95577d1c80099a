import type { Value } from "../../document/value.ts";
import { fail } from "../error.ts";

/** Offsets of local time from UTC. */
export interface TimeZone {
  /** Milliseconds to add to UTC at that time to get local time. */
  offsetAt(utcMs: number): number;
}

export const UTC: TimeZone = { offsetAt: () => 0 };

const MINUTE_MS = 60_000;
const ZONES = new Map<string, TimeZone>([
  ["UTC", UTC],
  ["GMT", UTC],
]);
const MAX_ZONES = 600;

/** @throws LanguageError 40517 for what is no string, 40485 for a name or offset that does not exist */
export function timeZoneOf(value: Value): TimeZone {
  if (typeof value !== "string") return fail(40517, "timezone", value, "a string");
  const known = ZONES.get(value);
  if (known !== undefined) return known;
  const zone = fixedZone(value) ?? namedZone(value);
  if (zone === undefined)
    return fail(40485, "timezone", value, 'a name such as "Europe/Paris" or an offset "+01:00"');
  if (ZONES.size < MAX_ZONES) ZONES.set(value, zone);
  return zone;
}

function fixedZone(text: string): TimeZone | undefined {
  const match = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const minutes = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * (match[1] === "-" ? -1 : 1);
  return { offsetAt: () => minutes * MINUTE_MS };
}

function namedZone(name: string): TimeZone | undefined {
  // An offset without a sign and other spellings that Intl takes are no names of the zone database.
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(name) || name === "Z") return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  const resolved = format.resolvedOptions().timeZone;
  const isOtherCase = resolved !== name && resolved.toLowerCase() === name.toLowerCase();
  return isOtherCase ? undefined : { offsetAt: (utcMs) => offsetOf(format, utcMs) };
}

function offsetOf(format: Intl.DateTimeFormat, utcMs: number): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(utcMs)) part[type] = value;
  const year = part.era === "BC" ? 1 - Number(part.year) : Number(part.year);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
  local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
  return local.getTime() - Math.floor(utcMs / 1000) * 1000;
}

/** Local time, as milliseconds since 1970 on the local clock. */
export function toLocal(utcMs: number, zone: TimeZone): number {
  return utcMs + zone.offsetAt(utcMs);
}

/** The time at which the local clock shows that; the earlier one of two, the later clock in a gap. */
export function fromLocal(localMs: number, zone: TimeZone): number {
  if (zone === UTC) return localMs;
  const before = zone.offsetAt(localMs - 86_400_000);
  const after = zone.offsetAt(localMs + 86_400_000);
  if (zone.offsetAt(localMs - before) === before) return localMs - before;
  return zone.offsetAt(localMs - after) === after ? localMs - after : localMs - before;
}
