/**
 * Arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d) and the generator 2: the field of
 * Backblaze's, klauspost's and ISA-L's Reed-Solomon codes.
 */

const POLYNOMIAL = 0x11d;

/** 2^i at index i, twice over, so that a sum of two logarithms needs no modulo. */
const POWERS = new Uint8Array(510);
/** The logarithm to base 2; entry 0 means nothing. */
const LOGARITHMS = new Uint8Array(256);

for (let i = 0, power = 1; i < 255; i++) {
  POWERS[i] = power;
  POWERS[i + 255] = power;
  LOGARITHMS[power] = i;
  power <<= 1;
  if (power > 255) power ^= POLYNOMIAL;
}

/** The product of two field elements, 0 to 255. */
export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : POWERS[LOGARITHMS[a]! + LOGARITHMS[b]!]!;
}

/** 1 / a for an element that is not 0. */
export function invert(a: number): number {
  return POWERS[255 - LOGARITHMS[a]!]!;
}

/** base^exponent, with 0^0 = 1. */
export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  return base === 0 ? 0 : POWERS[(LOGARITHMS[base]! * exponent) % 255]!;
}
