/** What gathers values of many documents into one: `$group`'s accumulators, and their forms as expressions. */
import { isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { fail } from "../error.ts";
import { mergeObjects } from "../expr/object.ts";
import { distinctInOrder } from "../expr/set.ts";
import { isNullish } from "../types.ts";
import { Deviation, NumberSum } from "./number-sum.ts";

/** One group's gathering. */
export interface Accumulator {
  add(value: Value | undefined): void;
  result(): Value | undefined;
}

/** Most values that a group keeps. */
const MAX_VALUES = 5_000_000;

/** Makes the accumulators that take one expression; those of several arguments are in ordered.ts. */
export const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => {
    const sum = new NumberSum();
    return { add: (value) => sum.add(value), result: () => sum.total() };
  },
  $avg: () => {
    const sum = new NumberSum();
    return { add: (value) => sum.add(value), result: () => sum.average() };
  },
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: () => {
    let isSet = false;
    let first: Value | undefined;
    return {
      add: (value) => {
        if (!isSet) first = value;
        isSet = true;
      },
      result: () => first ?? null,
    };
  },
  $last: () => {
    let last: Value | undefined;
    return {
      add: (value) => {
        last = value;
      },
      result: () => last ?? null,
    };
  },
  $push: () => list((values) => values),
  $addToSet: () => list(distinctInOrder),
  $count: () => {
    let count = 0;
    return { add: () => void count++, result: () => count };
  },
  $mergeObjects: () => {
    let merged: Value = {};
    return {
      add: (value) => {
        if (!isNullish(value) && !isDocument(value)) fail(40400, "$mergeObjects", value, "objects");
        merged = mergeObjects([merged, value])!;
      },
      result: () => merged,
    };
  },
  $concatArrays: () => arrays("$concatArrays", (values) => values),
  $setUnion: () => arrays("$setUnion", distinctInOrder),
  $stdDevPop: () => deviation(0),
  $stdDevSamp: () => deviation(1),
};

function deviation(missing: 0 | 1): Accumulator {
  const state = new Deviation();
  return { add: (value) => state.add(value), result: () => state.result(missing) };
}

function extreme(direction: 1 | -1): Accumulator {
  let best: Value | undefined;
  return {
    add: (value) => {
      if (isNullish(value)) return;
      if (best === undefined || compareValues(value, best) * direction > 0) best = value;
    },
    result: () => best ?? null,
  };
}

function list(finish: (values: Value[]) => Value): Accumulator {
  const values: Value[] = [];
  return {
    add: (value) => {
      if (value === undefined) return;
      if (values.push(value) > MAX_VALUES)
        fail(146, "accumulator", values.length, `at most ${MAX_VALUES} values`);
    },
    result: () => finish(values),
  };
}

function arrays(name: string, finish: (values: Value[]) => Value): Accumulator {
  const values: Value[] = [];
  return {
    add: (value) => {
      if (value === undefined) return;
      if (!Array.isArray(value)) fail(14, name, value, "arrays");
      for (const element of value as readonly Value[]) values.push(element);
      if (values.length > MAX_VALUES) fail(146, name, values.length, `at most ${MAX_VALUES} values`);
    },
    result: () => finish(values),
  };
}
