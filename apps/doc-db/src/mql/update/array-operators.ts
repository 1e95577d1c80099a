/** Update operators on arrays. */
import { BSONRegExp } from "../../document/bson-types.ts";
import { isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { compileFilter, matchesDocument } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { isNumeric, toInt32 } from "../number.ts";
import { equalityTest, isOperatorObject } from "../query/value-tests.ts";
import { compileSortBy } from "../sort-by.ts";
import { type ChangeCompiler, making } from "./field-operators.ts";
import { type Change, UNCHANGED } from "./path.ts";

export const ARRAY_OPERATORS: Readonly<Record<string, ChangeCompiler>> = {
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
};

function arrayAt(name: string, path: string, code: number, old: Value): readonly Value[] {
  return Array.isArray(old) ? (old as readonly Value[]) : fail(code, `${name} of ${path}`, old, "an array");
}

function push(operand: Value, path: string): Change {
  if (!isDocument(operand) || !Object.hasOwn(operand, "$each"))
    return making((old) => [...(old === undefined ? [] : arrayAt("$push", path, 2, old)), operand]);
  for (const name of Object.keys(operand)) {
    if (!["$each", "$slice", "$sort", "$position"].includes(name))
      fail(2, `$push of ${path}`, name, "$each, $slice, $sort or $position");
  }
  const { $each, $slice, $sort, $position } = operand;
  if (!Array.isArray($each)) return fail(2, `$push $each of ${path}`, $each, "an array");
  const slice = integerOf("$slice", $slice);
  const position = integerOf("$position", $position);
  const sort =
    $sort === undefined ? undefined : compileSortBy("$push $sort", $sort, { pattern: 2, number: 2, type: 2 });
  return making((old) => {
    const list = [...(old === undefined ? [] : arrayAt("$push", path, 2, old))];
    const at =
      position === undefined ? list.length : position < 0 ? Math.max(0, list.length + position) : position;
    list.splice(at, 0, ...($each as readonly Value[]));
    const sorted = sort === undefined ? list : sort(list);
    if (slice === undefined) return sorted;
    return slice >= 0 ? sorted.slice(0, slice) : sorted.slice(slice);
  });
}

function integerOf(name: string, value: Value | undefined): number | undefined {
  if (value === undefined) return undefined;
  const integer = isNumeric(value) ? toInt32(value) : undefined;
  return integer ?? fail(2, `$push ${name}`, value, "an integer");
}

function addToSet(operand: Value, path: string): Change {
  let values: readonly Value[] = [operand];
  if (isDocument(operand) && Object.keys(operand)[0] === "$each") {
    if (!Array.isArray(operand.$each))
      return fail(14, `$addToSet $each of ${path}`, operand.$each, "an array");
    if (Object.keys(operand).length > 1) fail(2, `$addToSet of ${path}`, Object.keys(operand), "$each alone");
    values = operand.$each;
  }
  return making((old) => {
    const list = [...(old === undefined ? [] : arrayAt("$addToSet", path, 2, old))];
    for (const value of values) {
      if (!list.some((other) => compareValues(other, value) === 0)) list.push(value);
    }
    return list;
  });
}

function pop(operand: Value, path: string): Change {
  const end = isNumeric(operand) ? toInt32(operand) : undefined;
  if (end !== 1 && end !== -1) fail(9, `$pop of ${path}`, operand, "1 (the last element) or -1 (the first)");
  return {
    apply: (old) => {
      if (old === undefined) return UNCHANGED;
      const list = arrayAt("$pop", path, 14, old);
      return end === 1 ? list.slice(0, -1) : list.slice(1);
    },
    makesPath: false,
    needsPath: true,
  };
}

function removing(name: string, path: string, isRemoved: (element: Value) => boolean): Change {
  return {
    apply: (old) => {
      if (old === undefined) return UNCHANGED;
      const list = arrayAt(name, path, 2, old);
      const kept = list.filter((element) => !isRemoved(element));
      return kept.length === list.length ? UNCHANGED : kept;
    },
    makesPath: false,
    needsPath: false,
  };
}

function pull(operand: Value, path: string): Change {
  return removing("$pull", path, pullTest(operand));
}

/** Operators test the element, an object tests the fields of elements that are objects, a value is to be equal. */
function pullTest(operand: Value): (element: Value) => boolean {
  if (operand instanceof BSONRegExp) return equalityTest(operand);
  if (!isDocument(operand)) return (element) => compareValues(element, operand) === 0;
  if (isOperatorObject(operand) && !["$and", "$or", "$nor", "$expr"].includes(Object.keys(operand)[0]!)) {
    const filter = compileFilter({ element: operand });
    return (element) => matchesDocument(filter, { element });
  }
  const filter = compileFilter(operand);
  return (element) => isDocument(element) && matchesDocument(filter, element);
}

function pullAll(operand: Value, path: string): Change {
  if (!Array.isArray(operand)) return fail(2, `$pullAll of ${path}`, operand, "an array");
  const values = operand as readonly Value[];
  return removing("$pullAll", path, (element) => values.some((value) => compareValues(value, element) === 0));
}
