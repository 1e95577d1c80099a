/** Where {@link parseDecimal} leaves the number that it read: an object, so that it need not make one a field. */
export interface ParsedNumber {
  value: number;
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Reads a decimal number from ASCII digits, times `10 ** places`, rounded half away from zero.
 *
 * The digits are taken one by one into an integer: 0.000003 with 6 places is exactly 3.
 *
 * @param places - how far the decimal point moves: 6 makes seconds microseconds, -3 nanoseconds
 * @param isExact - refuse a number with digits other than 0 behind the places
 * @param into - gets the number
 * @returns the position behind the number, or -1 when there is none, or one above 2^53
 */
export function parseDecimal(
  bytes: Uint8Array,
  start: number,
  places: number,
  isExact: boolean,
  into: ParsedNumber,
): number {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative || bytes[start] === PLUS ? start + 1 : start;
  let at = first;
  while ((bytes[at]! - ZERO) >>> 0 < 10) at++;
  let digits = at - first;
  const wholeEnd = places < 0 ? Math.max(first, at + places) : at;
  let value = 0;
  for (let i = first; i < wholeEnd; i++) value = value * 10 + (bytes[i]! - ZERO);
  // The first digit that is left out decides how to round.
  let nextDigit = places < 0 && at + places >= first ? bytes[wholeEnd]! - ZERO : -1;
  if (places < 0 && nextDigit < 0) nextDigit = 0;
  let missing = Math.max(places, 0);
  if (bytes[at] === POINT) {
    at++;
    for (let digit = bytes[at]! - ZERO; digit >>> 0 < 10; digit = bytes[++at]! - ZERO) {
      digits++;
      if (missing > 0) {
        value = value * 10 + digit;
        missing--;
        continue;
      }
      if (nextDigit < 0) nextDigit = digit;
      if (isExact && digit !== 0) return -1;
    }
  }
  for (; missing > 0; missing--) value *= 10;
  if (nextDigit >= 5) value++;
  if (digits === 0 || value > Number.MAX_SAFE_INTEGER) return -1;
  into.value = isNegative ? -value : value;
  return at;
}

/** Skips blanks and at most one comma or semicolon. @returns the position behind them */
export function skipSeparator(bytes: Uint8Array, start: number): number {
  let at = skipBlanks(bytes, start);
  if (bytes[at] === 0x2c || bytes[at] === 0x3b) at = skipBlanks(bytes, at + 1);
  return at;
}

/** Skips a field of any kind. @returns the position behind it */
export function skipField(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let byte = bytes[at]!; byte > 0x20 && byte !== 0x2c && byte !== 0x3b; byte = bytes[++at]!);
  return at;
}

/** Skips spaces, tabs and carriage returns. @returns the position behind them */
export function skipBlanks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at++;
  return at;
}
