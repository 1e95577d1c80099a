import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compileFilter } from "../../query/filter.ts";
import type { SortSpec } from "../../query/sort.ts";
import { type GeoNearSpec, nearFilter, parseGeoNear } from "./geo-near.ts";

/** The stages at the beginning of a pipeline that a query answers, by its indexes, and those behind them. */
export interface QueryInFront {
  /** The `$geoNear` that stands in front: without a key, its filter takes a look at the indexes. */
  readonly near: GeoNearSpec | undefined;
  readonly filter: Document;
  readonly sort: SortSpec;
  readonly skip: number;
  /** 0 for all. */
  readonly limit: number;
  readonly rest: readonly Document[];
}

/**
 * Takes from a pipeline each `$match` in front, then a `$sort`, a `$skip` and a `$limit`, as far as they are there; or a
 * `$geoNear` in place of the first ones.
 * @param pipeline - stages that compile
 */
export function queryInFront(pipeline: readonly Document[]): QueryInFront {
  const filters: Document[] = [];
  const nearest = operandOf(pipeline[0], "$geoNear");
  const near = nearest === undefined ? undefined : parseGeoNear(nearest);
  if (near?.key !== undefined) filters.push(nearFilter({ ...near, key: near.key }));
  let at = near === undefined ? 0 : 1;
  for (; near === undefined && at < pipeline.length; at++) {
    const filter = operandOf(pipeline[at]!, "$match");
    if (!isDocument(filter)) break;
    // Those with an order of their own, or words to be looked for, stand alone.
    if (filters.length > 0 && !(isPlain(filter) && isPlain(filters[0]!))) break;
    filters.push(filter);
  }
  const order = near === undefined ? operandOf(pipeline[at], "$sort") : undefined;
  const sort = isSort(order) ? order : undefined;
  if (sort !== undefined) at++;
  const skip = operandOf(pipeline[at], "$skip");
  if (isCount(skip)) at++;
  const limit = operandOf(pipeline[at], "$limit");
  if (isCount(limit)) at++;
  return {
    near,
    filter: filters.length > 1 ? { $and: filters } : (filters[0] ?? {}),
    sort: sort ?? {},
    skip: isCount(skip) ? skip : 0,
    limit: isCount(limit) ? limit : 0,
    rest: pipeline.slice(at),
  };
}

function operandOf(stage: Document | undefined, name: string): Value | undefined {
  return stage !== undefined && Object.keys(stage).length === 1 ? stage[name] : undefined;
}

function isPlain(filter: Document): boolean {
  const { text, distance } = compileFilter(filter);
  return text === undefined && distance === undefined;
}

/** Numbers of other types than those of JavaScript are left to the stage itself. */
function isSort(order: Value | undefined): order is SortSpec & Document {
  return isDocument(order) && Object.values(order).every((direction) => direction === 1 || direction === -1);
}

function isCount(count: Value | undefined): count is number {
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0;
}
