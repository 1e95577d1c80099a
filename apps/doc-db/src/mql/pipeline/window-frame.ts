/** Which neighbours of a document a window function sees. */
import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNumeric, toInt32, toNumber } from "../number.ts";
import type { Rows } from "./window-rows.ts";

/** A partition, document by document: a frame is asked for each of them, in their order. */
export interface Frame {
  /** Whether every frame begins with the first document. */
  readonly isOpenBelow: boolean;
  /** Whether every frame ends with the last document. */
  readonly isOpenAbove: boolean;
  /** Of one partition: indices of the first and the last one; none where the last lies before the first. */
  begin(rows: Rows): (at: number) => readonly [number, number];
}

/** Milliseconds of the units of ranges of dates. */
const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** The frame of a whole partition. */
const WHOLE: Frame = {
  isOpenBelow: true,
  isOpenAbove: true,
  begin:
    ({ length }) =>
    () => [0, length - 1],
};

/** Compiles `{ documents: [from, to] }` or `{ range: [from, to], unit }`. @throws LanguageError */
export function compileFrame(window: Value | undefined, sortFields: number): Frame {
  if (window === undefined) return WHOLE;
  const { documents, range, unit } = isDocument(window) ? window : {};
  if (documents !== undefined && range === undefined && unit === undefined) {
    const [from, to] = boundsOf(window, documents, true);
    return {
      ...openness(from, to),
      begin:
        ({ length }) =>
        (at) => [Math.max(0, at + from), Math.min(length - 1, at + to)],
    };
  }
  if (range === undefined || documents !== undefined)
    return fail(9, "window", window, "{ documents: [from, to] } or { range: [from, to], unit }");
  if (sortFields !== 1) return fail(5339902, "window range", window, "a sortBy of one field");
  const [from, to] = boundsOf(window, range, false);
  const scale = unit === undefined ? undefined : UNITS[String(unit)];
  if (unit !== undefined && scale === undefined)
    return fail(9, "window unit", unit, `one of ${Object.keys(UNITS).join(", ")}`);
  return rangeFrame(from * (scale ?? 1), to * (scale ?? 1), scale !== undefined);
}

function boundsOf(window: Value | undefined, bounds: Value, isWhole: boolean): [number, number] {
  if (!Array.isArray(bounds) || bounds.length !== 2) return fail(9, "window", window, "two bounds");
  const [from, to] = (bounds as readonly Value[]).map((bound, i) => {
    if (bound === "unbounded") return i === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (bound === "current") return 0;
    const offset = !isNumeric(bound) ? undefined : isWhole ? toInt32(bound) : toNumber(bound);
    return offset ?? fail(9, "window bound", bound, '"unbounded", "current" or a number');
  });
  if (from! > to!) fail(5339900, "window", bounds, "a lower bound that is not above the upper one");
  return [from!, to!];
}

function openness(from: number, to: number): Pick<Frame, "isOpenBelow" | "isOpenAbove"> {
  return { isOpenBelow: from === Number.NEGATIVE_INFINITY, isOpenAbove: to === Number.POSITIVE_INFINITY };
}

/** Both ends only ever move on, since the documents are sorted: each is looked at twice in a partition. */
function rangeFrame(from: number, to: number, isDate: boolean): Frame {
  const begin: Frame["begin"] = (rows) => {
    const { length } = rows;
    const valueAt = (i: number): number => numberOf(rows.keyAt(i)[0], isDate);
    let [first, last] = [0, -1];
    return (at) => {
      const value = valueAt(at);
      // A descending order looks the other way.
      const sign = valueAt(0) <= valueAt(length - 1) ? 1 : -1;
      const isBefore = (i: number): boolean => sign * (valueAt(i) - value) < from;
      const isWithin = (i: number): boolean => sign * (valueAt(i) - value) <= to;
      while (first < length && isBefore(first)) first++;
      last = Math.max(last, first - 1);
      while (last + 1 < length && isWithin(last + 1)) last++;
      return [first, last];
    };
  };
  return { ...openness(from, to), begin };
}

function numberOf(value: Value | undefined, isDate: boolean): number {
  if (isDate && value instanceof Date) return value.getTime();
  if (!isDate && value !== undefined && isNumeric(value)) return toNumber(value);
  return fail(
    5429414,
    "window range",
    value ?? null,
    isDate ? "dates to be sorted by" : "numbers to be sorted by",
  );
}
