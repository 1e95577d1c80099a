import { InvalidArgumentError } from "@millrace/base";

/** A flag that takes a whole number of a range. */
export function parseWhole(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const expected = `a whole number from ${least} to ${most}`;
    throw new InvalidArgumentError("EVENTS_OPTION_VALUE", what, text, expected);
  };
}
