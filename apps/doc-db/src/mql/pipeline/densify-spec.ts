/** What a `$densify` says: of which field, in which partitions, by which steps, and from where to where. */
import { isDocument, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { UTC } from "../date/time-zone.ts";
import { addUnits, checkUnit } from "../date/units.ts";
import { fail } from "../error.ts";
import { checkPath } from "../expr/compile.ts";
import { namedArguments } from "../expr/define.ts";
import { add, isNumeric, type Numeric, numericType, toInt64, toNumber } from "../number.ts";
import { pathsOf } from "./fill.ts";

/** A number, or a date. */
export type Place = Numeric | Date;

/** Where the places are that are filled: all from one to below another, each partition's own, or those of all. */
export type Bounds = "full" | "partition" | readonly [Place, Place];

export interface DensifySpec {
  readonly field: readonly string[];
  readonly partitionBy: readonly (readonly string[])[];
  readonly bounds: Bounds;
  /** The next place. */
  step(place: Place): Place;
  /** A document's value as a place. @throws LanguageError 5733201 or 6053600 */
  check(value: Value): Place;
}

const CODES = { notObject: 9, unknown: 40415, missing: 40414 };

/** @throws LanguageError with MongoDB's number for what is not understood */
export function parseDensify(operand: Value): DensifySpec {
  const names = ["field", "partitionByFields", "range"];
  const given = namedArguments("$densify", operand, names, ["field", "range"], CODES);
  const { field, partitionByFields = [], range } = given;
  if (typeof field !== "string") return fail(14, "$densify field", field, "a path");
  if (!isDocument(range)) return fail(14, "$densify range", range, "an object");
  const parts = ["step", "bounds", "unit"];
  const limits = namedArguments("$densify range", range, parts, ["bounds", "step"], CODES);
  const paths = pathsOf("$densify partitionByFields", partitionByFields);
  if (paths.includes(field)) fail(8993000, "$densify partitionByFields", field, "other fields than this one");
  const unit = unitOf(limits.unit);
  const size = sizeOf(limits.step!, unit);
  const bounds = boundsOf(limits.bounds!);
  if (bounds === "partition" && paths.length === 0)
    fail(5733408, "$densify bounds", bounds, "partitionByFields, or full as bounds");
  if (typeof bounds !== "string") checkTypes(bounds, size, unit);
  return {
    field: checkPath(field),
    partitionBy: paths.map(checkPath),
    bounds,
    step: (place) =>
      place instanceof Date
        ? new Date(addUnits(place.getTime(), unit!, toNumber(size), UTC))
        : add(place, size),
    check: (value) => {
      const isDate = value instanceof Date;
      if (!isDate && !isNumeric(value)) return fail(5733201, "$densify field", value, "a number or a date");
      if (isDate === (unit === undefined))
        fail(
          6053600,
          "$densify field",
          value,
          unit === undefined ? "a number, as there is no unit" : "a date",
        );
      return value;
    },
  };
}

function unitOf(unit: Value | undefined): string | undefined {
  if (unit === undefined) return undefined;
  return typeof unit === "string" ? checkUnit(unit) : fail(14, "$densify unit", unit, "a string");
}

function sizeOf(step: Value, unit: string | undefined): Numeric {
  if (!isNumeric(step)) return fail(14, "$densify step", step, "a number");
  if (!(toNumber(step) > 0)) fail(5733401, "$densify step", step, "a number above 0");
  if (unit !== undefined && toInt64(step) === undefined)
    fail(6586400, "$densify step", step, "an integer, as it counts units of dates");
  return step;
}

function boundsOf(bounds: Value): Bounds {
  if (bounds === "full" || bounds === "partition") return bounds;
  if (typeof bounds === "string") return fail(5946802, "$densify bounds", bounds, "full or partition");
  const expected = "full, partition, or an ascending array of two numbers or two dates";
  if (!Array.isArray(bounds)) return fail(5733402, "$densify bounds", bounds, expected);
  const [lower, upper, ...others] = bounds as readonly Value[];
  if (upper === undefined || others.length > 0)
    return fail(5733403, "$densify bounds", bounds.length, "two of them");
  if (!isPlace(lower) || !isPlace(upper) || compareValues(lower, upper) > 0)
    return fail(5733402, "$densify bounds", bounds, expected);
  if (lower instanceof Date !== upper instanceof Date)
    fail(5733406, "$densify bounds", bounds, "two numbers or two dates");
  return [lower, upper];
}

function checkTypes([lower, upper]: readonly [Place, Place], step: Numeric, unit: string | undefined): void {
  if (lower instanceof Date || upper instanceof Date) {
    if (unit === undefined) fail(5876900, "$densify unit", unit, "one, as the bounds are dates");
    return;
  }
  if (unit !== undefined) fail(5733409, "$densify unit", unit, "none, as the bounds are numbers");
  const types = [lower, upper, step].map(numericType);
  if (new Set(types).size > 1) fail(5876900, "$densify bounds and step", types, "numbers of the same type");
}

function isPlace(value: Value | undefined): value is Place {
  return value instanceof Date || isNumeric(value);
}
