import { parseByteSize, parseDuration } from "@millrace/base";
import { InvalidArgumentError as InvalidOptionValue } from "commander";

/** Makes a parser for an option that takes a whole number from `lo` to `hi`. */
export function integerBetween(lo: number, hi: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text.trim()) && value >= lo && value <= hi) return value;
    throw new InvalidOptionValue(`Expected a whole number from ${lo} to ${hi}.`);
  };
}

/** Makes a parser for an option that takes any finite number from `lo` to `hi`. */
export function numberBetween(lo: number, hi: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= lo && value <= hi) return value;
    throw new InvalidOptionValue(`Expected a number from ${lo} to ${hi}.`);
  };
}

/** Parses an option such as "64KiB" into bytes. */
export function byteSize(text: string): number {
  return orInvalid(() => parseByteSize(text), 'Expected a size such as "64KiB" or "100MB".');
}

/** Parses an option such as "250ms" into milliseconds. */
export function duration(text: string): number {
  return orInvalid(() => parseDuration(text), 'Expected a time such as "250ms" or "10s".');
}

/** Makes a parser for an option that takes a path with one of these endings: `pathEndingIn(".svg")`. */
export function pathEndingIn(...endings: readonly string[]): (text: string) => string {
  return (text) => {
    if (endings.some((ending) => text.toLowerCase().endsWith(ending))) return text;
    throw new InvalidOptionValue(`Expected a path that ends in ${endings.join(" or ")}.`);
  };
}

function orInvalid(parse: () => number, message: string): number {
  try {
    return parse();
  } catch {
    // The parser's own message repeats the value, which commander has already put in front.
    throw new InvalidOptionValue(message);
  }
}
