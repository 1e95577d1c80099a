import { InvalidArgumentError } from "./errors.ts";

const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  pb: 1e15,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  pib: 2 ** 50,
};
const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  us: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 3.6e6,
  d: 8.64e7,
};

/**
 * Reads a size in bytes: "100MB" (powers of 1000), "1GiB" (powers of 1024), "4096", "1.5 KiB"; case does not count.
 * @throws InvalidArgumentError for anything else, a negative size, or one that is no whole number of bytes
 */
export function parseByteSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : BYTE_UNITS[match[2]!.toLowerCase()];
  if (match !== null && unit !== undefined) {
    // 1.1 * 1000 is 1100.0000000000002: a size within a billionth of a whole number is meant as that number.
    const bytes = Number(match[1]) * unit;
    const whole = Math.round(bytes);
    if (Number.isSafeInteger(whole) && Math.abs(bytes - whole) <= whole * 1e-9) return whole;
  }
  throw new InvalidArgumentError(
    "BASE_SIZE_INVALID",
    "byte size",
    text,
    'a size such as "100MB", "1GiB" or "4096"',
  );
}

/**
 * Writes a size in bytes with the largest binary unit that leaves at least 1: 1536 → "1.5 KiB".
 * Exact multiples come back unchanged through {@link parseByteSize}; others are rounded to three digits.
 */
export function formatByteSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return `${Math.round(value)} B`;
  return `${trimNumber(value)} ${units[unit]}`;
}

/**
 * Reads a duration into milliseconds: "250ms", "10s", "1.5h", "2m", "500us".
 * @throws InvalidArgumentError for anything else; a bare number too, for its unit would be a guess
 */
export function parseDuration(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text);
  const unit = match === null ? undefined : DURATION_UNITS_MS[match[2]!.toLowerCase()];
  if (match !== null && unit !== undefined) return Number(match[1]) * unit;
  throw new InvalidArgumentError(
    "BASE_DURATION_INVALID",
    "duration",
    text,
    'a time such as "250ms", "10s" or "2h"',
  );
}

/** Writes milliseconds for people: "850 µs", "12.3 ms", "4.56 s", "2 min 5 s", "3 h 7 min". */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${trimNumber(ms * 1000)} µs`;
  if (ms < 1000) return `${trimNumber(ms)} ms`;
  if (ms < 60_000) return `${trimNumber(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Three significant digits below 100, whole numbers above, without trailing zeros. */
function trimNumber(value: number): string {
  return String(Number(value >= 100 ? value.toFixed(0) : value.toPrecision(3)));
}
