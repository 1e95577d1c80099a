/** `$geoWithin`, `$geoIntersects`, `$near` and `$nearSphere`. */
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { isNumeric, toNumber } from "../number.ts";
import type { ValueTest } from "../query/value-tests.ts";
import {
  doIntersect,
  geometryOf,
  isWithin,
  type Pair,
  pairOf,
  parseGeometry,
  verticesOf,
} from "./geometry.ts";
import { angleBetween, EARTH_RADIUS_METRES, toVector, type Vector } from "./sphere.ts";

/** Gives the distance of a value; undefined when it is no place, or too near or far. */
export type DistanceOf = (value: Value | undefined) => number | undefined;

/** `$geoWithin` with `$geometry`, `$box`, `$polygon`, `$center` or `$centerSphere`. */
export function geoWithinTest(operand: Value): ValueTest {
  if (!isDocument(operand)) return fail(2, "$geoWithin", operand, "an object with a shape");
  const names = Object.keys(operand).filter((name) => name !== "$uniqueDocs");
  if (names.length !== 1) fail(2, "$geoWithin", names, "one shape");
  return anyPlace(shapeTest(names[0]!, operand[names[0]!]!));
}

function shapeTest(shape: string, operand: Value): ValueTest {
  switch (shape) {
    case "$geometry": {
      const region = parseGeometry(operand);
      if (region.polygons.length === 0 || region.points.length > 0 || region.lines.length > 0)
        fail(2, "$geoWithin", operand, "a polygon or polygons");
      return (value) => {
        const geometry = geometryOf(value);
        return geometry !== undefined && isWithin(geometry, region);
      };
    }
    case "$box": {
      const [a, b] = pairs("$box", operand, 2, Number.POSITIVE_INFINITY);
      const [left, right] = [Math.min(a![0], b![0]), Math.max(a![0], b![0])];
      const [low, high] = [Math.min(a![1], b![1]), Math.max(a![1], b![1])];
      return plane(([x, y]) => x >= left && x <= right && y >= low && y <= high);
    }
    case "$polygon": {
      const corners = pairs("$polygon", operand, 3, Number.POSITIVE_INFINITY);
      return plane((point) => isInPlanePolygon(point, corners));
    }
    case "$center": {
      const { centre, radius } = circle("$center", operand);
      return plane(([x, y]) => Math.hypot(x - centre[0], y - centre[1]) <= radius);
    }
    case "$centerSphere": {
      const { centre, radius } = circle("$centerSphere", operand);
      const middle = vectorOf(centre);
      return (value) => {
        const geometry = geometryOf(value);
        return (
          geometry !== undefined &&
          verticesOf(geometry).every((point) => angleBetween(middle, point) <= radius)
        );
      };
    }
  }
  return fail(2, "$geoWithin", shape, "$geometry, $box, $polygon, $center or $centerSphere");
}

/** `$geoIntersects: { $geometry }` */
export function geoIntersectsTest(operand: Value): ValueTest {
  if (!isDocument(operand) || operand.$geometry === undefined || Object.keys(operand).length > 1)
    return fail(2, "$geoIntersects", operand, "{ $geometry }");
  const legacy =
    isDocument(operand.$geometry) && operand.$geometry.type === undefined
      ? geometryOf(operand.$geometry)
      : undefined;
  const shape = legacy ?? parseGeometry(operand.$geometry);
  return anyPlace((value) => {
    const geometry = geometryOf(value);
    return geometry !== undefined && doIntersect(geometry, shape);
  });
}

/** `$near` and `$nearSphere`, of GeoJSON (metres) or of pairs (the plane's unit, or radians). */
export function nearDistance(name: "$near" | "$nearSphere", operators: Document): DistanceOf {
  const operand = operators[name]!;
  const names = ["$near", "$nearSphere", "$maxDistance", "$minDistance"];
  const other = Object.keys(operators).find((key) => !names.includes(key));
  if (other !== undefined) fail(34413, name, other, "nothing beside it but $maxDistance and $minDistance");
  if (isDocument(operand) && operand.$geometry !== undefined) {
    const unknown = Object.keys(operand).find(
      (key) => !["$geometry", "$maxDistance", "$minDistance"].includes(key),
    );
    if (unknown !== undefined) fail(2, name, unknown, "$geometry, $maxDistance or $minDistance");
    const given = parseGeometry(operand.$geometry);
    if (given.points.length !== 1 || given.lines.length + given.polygons.length > 0)
      fail(2, name, operand, "a point");
    const range = rangeOf(name, operand, 2);
    return within(range, (value) => sphereDistance(value, given.points[0]!, EARTH_RADIUS_METRES));
  }
  if (isDocument(operand) && Object.keys(operand).some((key) => key.startsWith("$")))
    fail(2, name, operand, "a $geometry or a pair");
  const list = isDocument(operand)
    ? Object.values(operand)
    : Array.isArray(operand)
      ? (operand as readonly Value[])
      : [];
  const centre = pairOf(list.slice(0, 2));
  if (centre === undefined || list.length > 3)
    return fail(2, name, operand, "a $geometry or a pair of numbers");
  const extra = list.length === 3 ? { $maxDistance: list[2]! } : {};
  const range = rangeOf(name, { ...extra, ...operators }, 16894);
  if (name === "$nearSphere") {
    const middle = vectorOf(centre);
    return within(range, (value) => sphereDistance(value, middle, 1));
  }
  return within(range, (value) => {
    const pair = pairOf(value);
    return pair === undefined ? undefined : Math.hypot(pair[0] - centre[0], pair[1] - centre[1]);
  });
}

function rangeOf(name: string, operators: Document, code: number): Pair {
  const bound = (key: string, other: number): number => {
    const value = operators[key];
    if (value === undefined) return other;
    const distance = isNumeric(value) ? toNumber(value) : Number.NaN;
    return distance >= 0
      ? distance
      : fail(isNumeric(value) ? code : 2, `${name} ${key}`, value, "a number that is not negative");
  };
  return [bound("$minDistance", 0), bound("$maxDistance", Number.POSITIVE_INFINITY)];
}

/** The least distance of the places that a value holds. */
function within([least, most]: Pair, measure: DistanceOf): DistanceOf {
  const single: DistanceOf = (value) => {
    const distance = measure(value);
    return distance !== undefined && distance >= least && distance <= most ? distance : undefined;
  };
  return (value) => {
    if (!Array.isArray(value) || pairOf(value as readonly Value[]) !== undefined) return single(value);
    const all = (value as readonly Value[]).map(single).filter((distance) => distance !== undefined);
    return all.length === 0 ? undefined : Math.min(...all);
  };
}

function sphereDistance(value: Value | undefined, middle: Vector, radius: number): number | undefined {
  const geometry = geometryOf(value);
  const points = geometry === undefined ? [] : verticesOf(geometry);
  return points.length === 0
    ? undefined
    : Math.min(...points.map((point) => angleBetween(middle, point))) * radius;
}

/** A test of one place, or of each place of an array of them. */
function anyPlace(test: ValueTest): ValueTest {
  return (value) => {
    if (!Array.isArray(value) || pairOf(value as readonly Value[]) !== undefined) return test(value);
    return (value as readonly Value[]).some(test);
  };
}

function plane(test: (point: Pair) => boolean): ValueTest {
  return (value) => {
    const pair = pairOf(value);
    return pair !== undefined && test(pair);
  };
}

function pairs(name: string, operand: Value, least: number, most: number): Pair[] {
  const list = isDocument(operand) ? Object.values(operand) : operand;
  if (!Array.isArray(list) || list.length < least || list.length > most)
    return fail(2, name, operand, `${least} or more pairs`);
  return (list as readonly Value[]).map((value) => exactPair(name, value));
}

function exactPair(name: string, value: Value | undefined): Pair {
  const isLong = Array.isArray(value) && value.length > 2;
  return (isLong ? undefined : pairOf(value)) ?? fail(2, name, value, "a pair of numbers");
}

function circle(name: string, operand: Value): { centre: Pair; radius: number } {
  if (!Array.isArray(operand) || operand.length !== 2) return fail(2, name, operand, "[pair, radius]");
  const [middle, size] = operand as readonly Value[];
  const centre = exactPair(name, middle);
  const radius = isNumeric(size) ? toNumber(size) : Number.NaN;
  if (!(radius >= 0)) return fail(2, name, operand, "[pair, radius], the radius not negative");
  return { centre, radius };
}

function vectorOf([longitude, latitude]: Pair): Vector {
  if (Math.abs(longitude) > 180 || Math.abs(latitude) > 90)
    fail(2, "point", [longitude, latitude], "a longitude of at most 180 and a latitude of at most 90");
  return toVector(longitude, latitude);
}

/** By how often a ray to the right crosses the sides; points on level and upright sides are inside. */
function isInPlanePolygon([x, y]: Pair, corners: readonly Pair[]): boolean {
  let isInside = false;
  let [x1, y1] = corners.at(-1)!;
  for (const [x2, y2] of corners) {
    const isBeside =
      y >= Math.min(y1, y2) && y <= Math.max(y1, y2) && x >= Math.min(x1, x2) && x <= Math.max(x1, x2);
    if (isBeside && (x1 === x2 || y1 === y2)) return true;
    const crossesLine = y > Math.min(y1, y2) && y <= Math.max(y1, y2) && x <= Math.max(x1, x2);
    if (crossesLine && x <= ((y - y1) * (x2 - x1)) / (y2 - y1) + x1) isInside = !isInside;
    [x1, y1] = [x2, y2];
  }
  return isInside;
}
