/** GeoJSON (RFC 7946) and legacy pairs, as points, lines and polygons on the sphere. */
import { isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNumeric, toNumber } from "../number.ts";
import { doArcsCross, eachArc, isInRing, isOnArc, isSamePoint, toVector, type Vector } from "./sphere.ts";

/** What a value shows on the sphere; polygons are rings, the outer one first. */
export interface Geometry {
  readonly points: readonly Vector[];
  readonly lines: readonly (readonly Vector[])[];
  readonly polygons: readonly (readonly (readonly Vector[])[])[];
}

/** A plane point. */
export type Pair = readonly [number, number];

/** The two numbers of `[x, y]`, of an object of two numbers, or of a GeoJSON point; undefined for anything else. */
export function pairOf(value: Value | undefined): Pair | undefined {
  if (isDocument(value)) {
    if (value.type === "Point") return pairOf(value.coordinates);
    return pairOf(Object.values(value).slice(0, 2));
  }
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const [x, y] = value as readonly Value[];
  if (!isNumeric(x) || !isNumeric(y)) return undefined;
  const pair: Pair = [toNumber(x), toNumber(y)];
  return pair.every(Number.isFinite) ? pair : undefined;
}

/** A document's value as a geometry; undefined when it is none. */
export function geometryOf(value: Value | undefined): Geometry | undefined {
  try {
    if (isDocument(value) && typeof value.type === "string") return parseGeometry(value);
    const pair = pairOf(value);
    return pair === undefined
      ? undefined
      : { points: [pointOf([pair[0], pair[1]])], lines: [], polygons: [] };
  } catch {
    return undefined;
  }
}

/** @throws LanguageError 2 for what is no geometry of GeoJSON */
export function parseGeometry(value: Value | undefined): Geometry {
  if (!isDocument(value)) return bad(value, "a GeoJSON object");
  const { type, coordinates } = value;
  if (value.crs !== undefined) checkCrs(value.crs);
  const none = { points: [], lines: [], polygons: [] };
  switch (type) {
    case "Point":
      return { ...none, points: [pointOf(coordinates)] };
    case "MultiPoint":
      return { ...none, points: listOf(coordinates, 1).map(pointOf) };
    case "LineString":
      return { ...none, lines: [lineOf(coordinates)] };
    case "MultiLineString":
      return { ...none, lines: listOf(coordinates, 1).map(lineOf) };
    case "Polygon":
      return { ...none, polygons: [polygonOf(coordinates)] };
    case "MultiPolygon":
      return { ...none, polygons: listOf(coordinates, 1).map(polygonOf) };
    case "GeometryCollection": {
      const parts = listOf(value.geometries, 1).map(parseGeometry);
      return {
        points: parts.flatMap(({ points }) => points),
        lines: parts.flatMap(({ lines }) => lines),
        polygons: parts.flatMap(({ polygons }) => polygons),
      };
    }
  }
  return bad(type, "a type of GeoJSON");
}

const CRS_NAMES = new Set([
  "urn:ogc:def:crs:OGC:1.3:CRS84",
  "EPSG:4326",
  "urn:x-mongodb:crs:strictwinding:EPSG:4326",
]);

function checkCrs(crs: Value): void {
  const name =
    isDocument(crs) && crs.type === "name" && isDocument(crs.properties) ? crs.properties.name : undefined;
  if (typeof name !== "string" || !CRS_NAMES.has(name)) bad(crs, "a reference system that is known");
}

function listOf(value: Value | undefined, least: number): readonly Value[] {
  if (Array.isArray(value) && value.length >= least) return value as readonly Value[];
  return bad(value, `an array of ${least} or more`);
}

function pointOf(value: Value | undefined): Vector {
  const pair = Array.isArray(value) ? pairOf(value as readonly Value[]) : undefined;
  if (pair === undefined) return bad(value, "[longitude, latitude]");
  if (Math.abs(pair[0]) > 180 || Math.abs(pair[1]) > 90)
    bad(value, "a longitude of at most 180 and a latitude of at most 90");
  return toVector(pair[0], pair[1]);
}

function lineOf(value: Value | undefined): Vector[] {
  const points = listOf(value, 2).map(pointOf);
  const distinct = points.filter((point, i) => i === 0 || !isSamePoint(point, points[i - 1]!));
  return distinct.length < 2 ? bad(value, "a line of two different points") : distinct;
}

function polygonOf(value: Value | undefined): Vector[][] {
  const [outer, ...holes] = ringsOf(value);
  for (const hole of holes) {
    if (!hole.every((point) => isInRing(point, outer!) || eachArc(outer!, (a, b) => isOnArc(point, a, b))))
      bad(value, "holes inside of the polygon");
  }
  return [outer!, ...holes];
}

function ringsOf(value: Value | undefined): Vector[][] {
  return listOf(value, 1).map((ring) => {
    const points = listOf(ring, 4).map(pointOf);
    if (!isSamePoint(points[0]!, points.at(-1)!)) bad(ring, "a ring that ends where it begins");
    const distinct = points.filter((point, i) => i === 0 || !isSamePoint(point, points[i - 1]!));
    if (distinct.length < 4) bad(ring, "a ring of three different points");
    for (let i = 1; i < distinct.length; i++) {
      for (let k = i + 2; k < distinct.length; k++) {
        if (doArcsCross(distinct[i - 1]!, distinct[i]!, distinct[k - 1]!, distinct[k]!))
          bad(ring, "a ring that does not cross itself");
      }
    }
    return distinct;
  });
}

function bad(received: unknown, expected: string): never {
  return fail(2, "geometry", received, expected);
}

type Polygon = readonly (readonly Vector[])[];

function isInPolygon(point: Vector, [outer, ...holes]: Polygon): boolean {
  return isInRing(point, outer!) && !holes.some((hole) => isInRing(point, hole));
}

/** Whether all of a geometry is inside of some polygon of a region. */
export function isWithin(geometry: Geometry, region: Geometry): boolean {
  const inside = (points: readonly Vector[]): boolean =>
    region.polygons.some(
      (polygon) =>
        points.every((point) => isInPolygon(point, polygon) || isVertex(point, polygon)) &&
        points.length > 0 &&
        !polygon.some((ring) => doLinesCross(points, ring)),
    );
  const pointsAreIn = geometry.points.every((point) =>
    region.polygons.some((polygon) => isInPolygon(point, polygon)),
  );
  return pointsAreIn && geometry.lines.every(inside) && geometry.polygons.every(([outer]) => inside(outer!));
}

function isVertex(point: Vector, polygon: Polygon): boolean {
  return polygon.some((ring) => ring.some((vertex) => isSamePoint(vertex, point)));
}

function doLinesCross(a: readonly Vector[], b: readonly Vector[]): boolean {
  return eachArc(a, (p, q) => eachArc(b, (r, s) => doArcsCross(p, q, r, s)));
}

/** Whether two geometries have a point in common. */
export function doIntersect(a: Geometry, b: Geometry): boolean {
  const pointMeets = (point: Vector, other: Geometry): boolean =>
    other.points.some((known) => isSamePoint(known, point)) ||
    other.lines.some((line) => eachArc(line, (p, q) => isOnArc(point, p, q))) ||
    other.polygons.some((polygon) => isInPolygon(point, polygon));
  if (a.points.some((point) => pointMeets(point, b)) || b.points.some((point) => pointMeets(point, a)))
    return true;
  const linesMeet = a.lines.some((line) => b.lines.some((other) => doLinesMeet(line, other)));
  const isLineIn = (lines: Geometry["lines"], polygons: Geometry["polygons"]): boolean =>
    lines.some((line) => polygons.some((polygon) => doesLineEnter(line, polygon)));
  if (linesMeet || isLineIn(a.lines, b.polygons) || isLineIn(b.lines, a.polygons)) return true;
  return a.polygons.some((one) => b.polygons.some((other) => doPolygonsMeet(one, other)));
}

function doLinesMeet(a: readonly Vector[], b: readonly Vector[]): boolean {
  if (doLinesCross(a, b)) return true;
  const touches = (point: Vector, line: readonly Vector[]): boolean =>
    eachArc(line, (p, q) => isOnArc(point, p, q));
  return a.some((point) => touches(point, b)) || b.some((point) => touches(point, a));
}

function doesLineEnter(line: readonly Vector[], polygon: Polygon): boolean {
  return (
    line.some((point) => isInPolygon(point, polygon)) || polygon.some((ring) => doLinesCross(line, ring))
  );
}

function doPolygonsMeet(a: Polygon, b: Polygon): boolean {
  if (doesLineEnter(a[0]!, b) || doesLineEnter(b[0]!, a)) return true;
  // The same ring twice has no corner inside of the other one.
  return a[0]!.every((point) => b[0]!.some((other) => isSamePoint(point, other)));
}

/** All the corners of a geometry. */
export function verticesOf({ points, lines, polygons }: Geometry): Vector[] {
  return [...points, ...lines.flat(), ...polygons.flat(2)];
}
