/** Comparisons with one value on a field's encoded bytes: what they cannot tell is decoded and compared. */
import { decodeValueAt, doubleAt } from "../document/decode.ts";
import { foundField } from "../document/find-field.ts";
import { TYPE } from "../document/format.ts";
import { knownName } from "../document/lookup.ts";
import type { Value } from "../document/value.ts";
import { activeComparison, plainValues } from "../mql/collation.ts";
import type { Comparison } from "./comparison.ts";
import type { FieldLookup, Test } from "./tests.ts";

const encoder = new TextEncoder();

/** What bytes say about a test; undefined where the value has to be decoded. */
type EncodedTest = (bytes: Uint8Array, type: number, start: number, end: number) => boolean | undefined;

/**
 * A test of a top-level field by its bytes.
 * @param onValue - the test of a decoded value
 * @returns undefined for operands that only decoded values can be compared with
 */
export function encodedTest(
  path: string,
  operator: Comparison,
  operand: Value,
  onValue: (value: Value | undefined) => boolean,
): Test | undefined {
  const test = testFor(operator, operand);
  if (test === undefined || path.includes(".")) return undefined;
  const name = knownName(path);
  return (lookup: FieldLookup) => {
    if (lookup.find === undefined) return onValue(lookup(path));
    if (!lookup.find(name)) return false;
    const { bytes, type, start, end } = foundField;
    return test(bytes, type, start, end) ?? onValue(decodeValueAt(bytes, type, start, end));
  };
}

function testFor(operator: Comparison, operand: Value): EncodedTest | undefined {
  if (typeof operand === "number") return Number.isNaN(operand) ? undefined : numberTest(operator, operand);
  if (operator !== "$eq") return undefined;
  if (typeof operand === "boolean") return booleanTest(operand);
  if (typeof operand === "string" && activeComparison() === plainValues) return textTest(operand);
  return undefined;
}

function numberTest(operator: Comparison, operand: number): EncodedTest {
  return (bytes, type, start, end) => {
    let value: number;
    if (type === TYPE.int32)
      value =
        bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24);
    else if (type === TYPE.double) value = doubleAt(bytes, start, end);
    else return isOther(type);
    switch (operator) {
      case "$eq":
        return value === operand;
      case "$gt":
        return value > operand;
      case "$gte":
        return value >= operand;
      case "$lt":
        return value < operand;
      case "$lte":
        return value <= operand;
    }
  };
}

/** Other types are never equal; arrays, int64, decimals and the rest are left to those who decode. */
function isOther(type: number): false | undefined {
  const isKnown =
    type === TYPE.null ||
    type === TYPE.true ||
    type === TYPE.false ||
    type === TYPE.string ||
    type === TYPE.ascii ||
    type === TYPE.date ||
    type === TYPE.objectId ||
    type === TYPE.object;
  return isKnown ? false : undefined;
}

function booleanTest(operand: boolean): EncodedTest {
  const wanted = operand ? TYPE.true : TYPE.false;
  return (_bytes, type) => (type === TYPE.array ? undefined : type === wanted);
}

function textTest(operand: string): EncodedTest {
  const wanted = encoder.encode(operand);
  return (bytes, type, start, end) => {
    if (type === TYPE.array) return undefined;
    if ((type !== TYPE.ascii && type !== TYPE.string) || end - start !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
    return true;
  };
}
