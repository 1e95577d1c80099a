import type { Document, Value } from "../document/value.ts";

/** What `groupBy` and `window` compute from many documents; the type is that of its result. */
export interface Aggregate<Result = Value> {
  /** As MongoDB's accumulator. */
  readonly accumulator: Document;
  /** Only a type: there is never a value. */
  readonly result?: Result;
}

/** How many documents there are. */
export function count(): Aggregate<number> {
  return { accumulator: { $sum: 1 } };
}

/** The sum of a field's numbers. */
export function sum(field: string): Aggregate<number> {
  return { accumulator: { $sum: `$${field}` } };
}

/** The mean of a field's numbers; null where there are none. */
export function average(field: string): Aggregate<number | null> {
  return { accumulator: { $avg: `$${field}` } };
}

/** The smallest value of a field. */
export function smallest<T extends Value = Value>(field: string): Aggregate<T | null> {
  return { accumulator: { $min: `$${field}` } };
}

/** The largest value of a field. */
export function largest<T extends Value = Value>(field: string): Aggregate<T | null> {
  return { accumulator: { $max: `$${field}` } };
}

/** All values of a field, in the order of the documents. */
export function collect<T extends Value = Value>(field: string): Aggregate<readonly T[]> {
  return { accumulator: { $push: `$${field}` } };
}

/** The place in a window's order, from 1 on. */
export function rowNumber(): Aggregate<number> {
  return { accumulator: { $documentNumber: {} } };
}

/** The place in a window's order; peers have the same, and a gap behind them. */
export function rank(): Aggregate<number> {
  return { accumulator: { $rank: {} } };
}

/** The place in a window's order; peers have the same, without a gap. */
export function denseRank(): Aggregate<number> {
  return { accumulator: { $denseRank: {} } };
}

/** A field of the document so many places behind, or before with a negative number. */
export function shifted<T extends Value = Value>(
  field: string,
  by: number,
  otherwise: Value = null,
): Aggregate<T | null> {
  return { accumulator: { $shift: { output: `$${field}`, by, default: otherwise } } };
}
