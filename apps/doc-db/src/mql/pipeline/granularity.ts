/** The series of preferred numbers that `$bucketAuto` rounds its boundaries to. */
import type { Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { double, isNaNValue, isNumeric, toNumber } from "../number.ts";

/** Rounds numbers that are not negative to a series; zero stays zero. */
export interface Rounder {
  /** The least number of the series above one. */
  up(value: number): Value;
  /** The greatest number of the series below one. */
  down(value: number): Value;
}

/** Renard's series, ISO 3: R5, R10 and R20 are every so many numbers of R40, and this one every second of R80. */
const R80: readonly number[] = [
  ...[1, 1.03, 1.06, 1.09, 1.12, 1.15, 1.18, 1.22, 1.25, 1.28, 1.32, 1.36, 1.4, 1.45, 1.5, 1.55, 1.6, 1.65],
  ...[1.7, 1.75, 1.8, 1.85, 1.9, 1.95, 2, 2.06, 2.12, 2.18, 2.24, 2.3, 2.36, 2.43, 2.5, 2.58, 2.65, 2.72],
  ...[2.8, 2.9, 3, 3.07, 3.15, 3.25, 3.35, 3.45, 3.55, 3.65, 3.75, 3.87, 4, 4.12, 4.25, 4.37, 4.5, 4.62],
  ...[4.75, 4.87, 5, 5.15, 5.3, 5.45, 5.6, 5.8, 6, 6.15, 6.3, 6.5, 6.7, 6.9, 7.1, 7.3, 7.5, 7.75, 8, 8.25],
  ...[8.5, 8.75, 9, 9.25, 9.5, 9.75],
];

/** IEC 60063: E6 and E12 are every so many numbers of E24. */
const E24: readonly number[] = [
  ...[1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8],
  ...[7.5, 8.2, 9.1],
];

const every = (series: readonly number[], step: number): number[] => series.filter((_, i) => i % step === 0);

/** The longer series of IEC 60063 are roots of ten with two decimals, but for one number of E192. */
const rootsOfTen = (count: number): number[] =>
  Array.from({ length: count }, (_, i) =>
    count === 192 && i === 185 ? 9.2 : Math.round(10 ** (i / count) * 100) / 100,
  );

const SERIES: Readonly<Record<string, () => readonly number[]>> = {
  R5: () => every(R80, 16),
  R10: () => every(R80, 8),
  R20: () => every(R80, 4),
  R40: () => every(R80, 2),
  R80: () => R80,
  "1-2-5": () => [1, 2, 5],
  E6: () => every(E24, 4),
  E12: () => every(E24, 2),
  E24: () => E24,
  E48: () => rootsOfTen(48),
  E96: () => rootsOfTen(96),
  E192: () => rootsOfTen(192),
};

const POWERS_OF_TWO: Rounder = {
  up: (value) => (isFixed(value) ? value : 2 * powerOfTwo(value)),
  down: (value) => {
    if (isFixed(value)) return value;
    const power = powerOfTwo(value);
    return power < value ? power : power / 2;
  },
};

/** @throws LanguageError 40257 for a series that there is not, 40261 for what is no text */
export function rounderOf(granularity: Value): Rounder {
  if (typeof granularity !== "string") return fail(40261, "$bucketAuto granularity", granularity, "a string");
  if (granularity === "POWERSOF2") return POWERS_OF_TWO;
  if (Object.hasOwn(SERIES, granularity)) return preferredNumbers(SERIES[granularity]!());
  const known = [...Object.keys(SERIES), "POWERSOF2"].join(", ");
  return fail(40257, "$bucketAuto granularity", granularity, `one of ${known}`);
}

/** A value as a number to be rounded. @throws LanguageError 40258, 40259 or 40260 */
export function roundable(value: Value): number {
  if (!isNumeric(value)) return fail(40258, "$bucketAuto groupBy", value, "numbers, beside a granularity");
  if (isNaNValue(value)) return fail(40259, "$bucketAuto groupBy", value, "no NaN, beside a granularity");
  const number = toNumber(value);
  return number >= 0 ? number : fail(40260, "$bucketAuto groupBy", value, "0 or more, beside a granularity");
}

function preferredNumbers(series: readonly number[]): Rounder {
  /** The numbers around a value: those of its power of ten, and of the ones below and above. */
  const around = (value: number): number[] => {
    const power = Math.floor(Math.log10(value));
    // By their texts, as a factor of 0.1 would change the last digit.
    return [power - 1, power, power + 1].flatMap((exponent) =>
      series.map((number) => Number(`${number}e${exponent}`)),
    );
  };
  return {
    up: (value) => double(isFixed(value) ? value : around(value).find((number) => number > value)!),
    down: (value) => double(isFixed(value) ? value : around(value).findLast((number) => number < value)!),
  };
}

/** Zero and what has no end are rounded to themselves. */
function isFixed(value: number): boolean {
  return value === 0 || value === Number.POSITIVE_INFINITY;
}

/** The greatest power of two that is not above a number. */
function powerOfTwo(value: number): number {
  let power = 2 ** Math.floor(Math.log2(value));
  // Logarithms are rounded.
  while (power > value) power /= 2;
  while (2 * power <= value) power *= 2;
  return power;
}
