import { rankOf, type Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";

/** The operators that compare with one value. */
export const COMPARISONS = ["$eq", "$gt", "$gte", "$lt", "$lte"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/**
 * A test of one value against an operand, MongoDB's way: only values of the operand's type compare as above or below,
 * null stands for a missing field too, and NaN is equal to NaN but neither above nor below anything.
 */
export function comparisonTest(operator: Comparison, operand: Value): (value: Value | undefined) => boolean {
  const mayEqual = operator !== "$gt" && operator !== "$lt";
  if (operand === null) return mayEqual ? (value) => value === undefined || value === null : () => false;
  const rank = rankOf(operand);
  if (operator === "$eq") return (value) => value !== undefined && compareValues(value, operand) === 0;
  const isAbove = operator === "$gt" || operator === "$gte";
  const isOperandNaN = Number.isNaN(operand);
  return (value) => {
    if (value === undefined || rankOf(value) !== rank) return false;
    const order = compareValues(value, operand);
    if (order === 0) return mayEqual;
    if (isOperandNaN || Number.isNaN(value)) return false;
    return isAbove ? order > 0 : order < 0;
  };
}
