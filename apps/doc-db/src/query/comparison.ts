import { BSONRegExp } from "../document/bson-types.ts";
import { rankOf, TYPE_RANK, type Value } from "../document/value.ts";
import { compareValues } from "../keys/compare.ts";
import { activeComparison } from "../mql/collation.ts";
import { fail } from "../mql/error.ts";
import { isNaNValue } from "../mql/number.ts";
import { equalityTest, type ValueTest } from "../mql/query/value-tests.ts";

/** The operators that compare with one value. */
export const COMPARISONS = ["$eq", "$gt", "$gte", "$lt", "$lte"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/**
 * A test of one value against an operand, MongoDB's way: only values of the operand's type compare as above or below,
 * null stands for a missing field too, and NaN is equal to NaN but neither above nor below anything. MinKey and MaxKey
 * compare with values of all types.
 */
export function comparisonTest(operator: Comparison, operand: Value): ValueTest {
  const mayEqual = operator !== "$gt" && operator !== "$lt";
  if (operator === "$eq" && operand instanceof BSONRegExp)
    return (value) => value !== undefined && compareValues(value, operand) === 0;
  if (operator === "$eq") return equalityTest(operand);
  if (operand instanceof BSONRegExp) fail(2, operator, operand, "no regex");
  if (operand === null) return mayEqual ? (value) => value === undefined || value === null : () => false;
  const rank = rankOf(operand);
  const isForAll = rank === TYPE_RANK.minKey || rank === TYPE_RANK.maxKey;
  const isAbove = operator === "$gt" || operator === "$gte";
  const isOperandNaN = isNaNValue(operand);
  const compare = activeComparison();
  return (value) => {
    if (value === undefined || (!isForAll && rankOf(value) !== rank)) return false;
    const order = compare(value, operand);
    if (order === 0) return mayEqual;
    if (isOperandNaN || isNaNValue(value)) return false;
    return isAbove ? order > 0 : order < 0;
  };
}
