import { InvalidArgumentError } from "@millrace/base";
import { valueFromJson, valueToJson } from "../document/extended-json.ts";
import type { Document, Value } from "../document/value.ts";
import { getPath } from "../mql/expr/field-path.ts";

/** An order: fields with 1 or -1, the first counts most. */
export type Order = Readonly<Record<string, 1 | -1>>;

/** A page of a query. */
export interface Page<T> {
  readonly documents: readonly T[];
  /** What the next page is asked for with; undefined behind the last one. */
  readonly next: string | undefined;
}

/** The place of a document in an order, as a text: Extended JSON of the values that it is ordered by. */
export function tokenOf(order: Order, document: Document): string {
  return JSON.stringify(
    Object.keys(order).map((path) => valueToJson(getPath(document, path.split("."), 0) ?? null)),
  );
}

/**
 * The filter of what comes behind a place in an order. Values of different types are ordered as `$sort` orders them,
 * which the comparisons of filters do not do.
 * @throws InvalidArgumentError `DOCDB_QUERY_PAGE` for what is no token of this order
 */
export function pageAfter(order: Order, token: string): Document {
  const fields = Object.entries(order);
  const values = valuesOf(token, fields.length);
  const before: Document[] = [];
  const choices: Document[] = [];
  for (const [i, [path, direction]] of fields.entries()) {
    const sides = [{ $ifNull: [`$${path}`, null] }, { $literal: values[i]! }];
    choices.push({ $and: [...before, { [direction === 1 ? "$gt" : "$lt"]: sides }] });
    before.push({ $eq: sides });
  }
  return { $expr: { $or: choices } };
}

function valuesOf(token: string, count: number): readonly Value[] {
  let values: unknown;
  try {
    values = JSON.parse(token);
  } catch {
    // Said below, as of other texts that are no tokens.
  }
  if (Array.isArray(values) && values.length === count) return values.map(valueFromJson);
  const expected = `what page gave as next, for an order of ${count} fields`;
  throw new InvalidArgumentError("DOCDB_QUERY_PAGE", "page after", token, expected);
}
