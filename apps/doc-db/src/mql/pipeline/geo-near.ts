/** `$geoNear`: documents in the order of their distance from a place, which comes with them. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compileFilter, lookupOf } from "../../query/filter.ts";
import { parsePath, someAtPath } from "../../query/path.ts";
import type { Sorter } from "../../query/sort.ts";
import { fail } from "../error.ts";
import { checkPath, constantOf } from "../expr/compile.ts";
import { namedArguments } from "../expr/define.ts";
import { compileExpression } from "../expr/index.ts";
import { pairOf } from "../geo/geometry.ts";
import { nearDistance } from "../geo/operators.ts";
import { double, isNumeric, toNumber } from "../number.ts";
import { withPath } from "./set-path.ts";
import { sortDocuments } from "./sort-documents.ts";
import { DEFAULT_MEMORY_BYTES, type Stage } from "./stage.ts";

const NAMES = [
  "near",
  "key",
  "distanceField",
  "includeLocs",
  "distanceMultiplier",
  "minDistance",
  "maxDistance",
  "query",
  "spherical",
];
const CODES = { notObject: 10065, unknown: 9, missing: 5860400 };

/** What a `$geoNear` asks for. */
export interface GeoNearSpec {
  readonly near: Value;
  /** The field of the places; undefined for that of the index. */
  readonly key: string | undefined;
  readonly distanceField: readonly string[] | undefined;
  readonly includeLocs: readonly string[] | undefined;
  readonly multiplier: number;
  readonly query: Document;
  /** `$minDistance` and `$maxDistance`, as far as they are given. */
  readonly range: Document;
  /** Whether pairs are on the sphere, at distances in radians. */
  readonly isSphere: boolean;
}

/** A `$geoNear` whose field is known. */
export interface KeyedGeoNear extends GeoNearSpec {
  readonly key: string;
}

/** @throws LanguageError with MongoDB's number for what is not understood */
export function parseGeoNear(operand: Value): GeoNearSpec {
  const given = namedArguments("$geoNear", operand, NAMES, ["near"], CODES);
  const { key, distanceMultiplier = 1, query = {}, spherical = false } = given;
  const near = constantValue("near", given.near!, 5860402);
  if (!isDocument(near) && !Array.isArray(near))
    return fail(5860401, "$geoNear near", near, "a point of GeoJSON, or a pair");
  if (key !== undefined && typeof key !== "string") return fail(14, "$geoNear key", key, "a path");
  if (key === "") fail(2, "$geoNear key", key, "a path");
  if (!isNumeric(distanceMultiplier) || !(toNumber(distanceMultiplier) >= 0))
    return fail(2, "$geoNear distanceMultiplier", distanceMultiplier, "a number that is not negative");
  if (!isDocument(query)) return fail(14, "$geoNear query", query, "a filter");
  if (typeof spherical !== "boolean") return fail(14, "$geoNear spherical", spherical, "a boolean");
  const { distance, text } = compileFilter(query);
  if (distance !== undefined || text !== undefined)
    fail(5626500, "$geoNear query", query, "no $near and no $text");
  const range: Record<string, Value> = {};
  if (given.minDistance !== undefined)
    range.$minDistance = constantValue("minDistance", given.minDistance, 7555701);
  if (given.maxDistance !== undefined)
    range.$maxDistance = constantValue("maxDistance", given.maxDistance, 7555702);
  const spec: GeoNearSpec = {
    near,
    key,
    distanceField: pathOf("distanceField", given.distanceField, 16606),
    includeLocs: pathOf("includeLocs", given.includeLocs, 16607),
    multiplier: toNumber(distanceMultiplier),
    query,
    range,
    isSphere: spherical,
  };
  nearDistance(...operatorsOf(spec));
  return spec;
}

/** The value of an expression without fields. */
function constantValue(name: string, value: Value, code: number): Value {
  const known = constantOf(compileExpression(value));
  return known === undefined ? fail(code, `$geoNear ${name}`, value, "a constant") : (known.value ?? null);
}

function pathOf(name: string, value: Value | undefined, code: number): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? checkPath(value) : fail(code, `$geoNear ${name}`, value, "a path");
}

/** The operator that finds the same, and what stands where it stands. */
function operatorsOf({ near, range, isSphere }: GeoNearSpec): ["$near" | "$nearSphere", Document] {
  if (isDocument(near) && near.type !== undefined)
    return ["$nearSphere", { $nearSphere: { $geometry: near, ...range } }];
  return isSphere ? ["$nearSphere", { $nearSphere: near, ...range }] : ["$near", { $near: near, ...range }];
}

/** The filter whose matches, in their order, are those of a `$geoNear`. */
export function nearFilter(spec: KeyedGeoNear): Document {
  const near = { [spec.key]: operatorsOf(spec)[1] };
  return Object.keys(spec.query).length === 0 ? near : { $and: [spec.query, near] };
}

/**
 * Puts the distances into documents that {@link nearFilter} has found, and the places that are so far.
 * @returns what does so with one document
 */
export function distanceAdder(spec: KeyedGeoNear): (document: Document) => Document {
  const { key, distanceField, includeLocs, multiplier } = spec;
  const distanceOf = nearDistance(...operatorsOf(spec));
  const parts = parsePath(key);
  return (document) => {
    let least: number | undefined;
    let place: Value = null;
    const consider = (value: Value | undefined): boolean => {
      const distance = distanceOf(value);
      if (distance === undefined || distance >= (least ?? Number.POSITIVE_INFINITY)) return false;
      least = distance;
      place = value!;
      return false;
    };
    someAtPath(document, parts, 0, (value) => placesOf(value).some(consider));
    let result = document;
    if (distanceField !== undefined)
      result = withPath(result, distanceField, double((least ?? 0) * multiplier));
    return includeLocs === undefined ? result : withPath(result, includeLocs, place);
  };
}

/** The elements of an array of places; a pair of numbers is a place itself. */
function placesOf(value: Value | undefined): readonly (Value | undefined)[] {
  const isList = Array.isArray(value) && pairOf(value as readonly Value[]) === undefined;
  return isList ? (value as readonly Value[]) : [value];
}

/**
 * The stage where no query stands in front: in a pipeline within another one, every document is looked at.
 * @throws LanguageError as {@link parseGeoNear}; 27 without a key, when it runs
 */
export function geoNear(operand: Value): Stage {
  const spec = parseGeoNear(operand);
  const { key } = spec;
  if (key === undefined)
    return () => fail(27, "$geoNear key", key, "one, as there is no index to be used where it stands");
  const keyed: KeyedGeoNear = { ...spec, key };
  const filter = compileFilter(nearFilter(keyed));
  const distance = filter.distance!;
  const add = distanceAdder(keyed);
  const byDistance: Sorter = {
    keyOf: (document) => [distance(lookupOf(document))],
    compare: (a, b) => Number(a[0]) - Number(b[0]),
  };
  return async function* (documents, { scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) {
    const found = async function* (): AsyncGenerator<Document> {
      for await (const document of documents) if (filter.matches(lookupOf(document))) yield document;
    };
    for await (const document of sortDocuments(byDistance, found(), scratch, memoryBytes))
      yield add(document);
  };
}
