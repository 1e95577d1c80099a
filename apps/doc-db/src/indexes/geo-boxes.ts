/** Boxes of longitude and latitude, or of the plane, around shapes: what indexes of places look into first. */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { type Geometry, geometryOf, type Pair, pairOf, parseGeometry } from "../mql/geo/geometry.ts";
import { angleBetween, EARTH_RADIUS_METRES, isInRing, isOnArc, type Vector } from "../mql/geo/sphere.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import type { Box } from "./cells.ts";

/** Degrees added around each box, for the rounding of angles. */
const MARGIN = 1e-7;
const DEGREES = 180 / Math.PI;

/** Boxes that hold a geometry; two where it lies across the 180th meridian. */
export function boxesOfGeometry({ points, lines, polygons }: Geometry): Box[] {
  return [
    ...points.flatMap((point) => boxesOfPath([point])),
    ...lines.flatMap(boxesOfPath),
    ...polygons.flatMap(([outer]) => boxesOfRing(outer!)),
  ];
}

/**
 * Boxes that hold every match of a condition; undefined where an index does not help.
 * @param isFlat - for an index of the plane, where only shapes of the plane have boxes
 */
export function boxesOfCondition(operator: string, operand: Value, isFlat: boolean): Box[] | undefined {
  switch (operator) {
    case "$geoIntersects":
      return isFlat || !isDocument(operand) ? undefined : boxesOfShape(operand.$geometry);
    case "$geoWithin": {
      if (!isDocument(operand)) return undefined;
      const name = Object.keys(operand).find((key) => key !== "$uniqueDocs");
      if (name === "$geometry") return isFlat ? undefined : boxesOfShape(operand.$geometry);
      return boxesOfPlane(name, operand[name!]!, isFlat);
    }
    case "$near":
    case "$nearSphere":
      return isDocument(operand) ? boxesOfNear(operator, operand, isFlat) : undefined;
  }
  return undefined;
}

function boxesOfShape(value: Value | undefined): Box[] | undefined {
  const isLegacy = isDocument(value) && value.type === undefined;
  return boxesOfGeometry(isLegacy ? geometryOf(value)! : parseGeometry(value));
}

function boxesOfPlane(name: string | undefined, operand: Value, isFlat: boolean): Box[] | undefined {
  const list = (isDocument(operand) ? Object.values(operand) : operand) as readonly Value[];
  if (name === "$box" || name === "$polygon") return [boxOfPairs(list.map((value) => pairOf(value)!))];
  const centre = pairOf(list[0])!;
  const radius = Number(list[1]);
  if (name === "$center") return [grown([...centre, ...centre], radius)];
  return isFlat ? undefined : boxesOfCap(centre, radius);
}

/** @param operators - `$near` or `$nearSphere` with what stands beside it */
function boxesOfNear(name: string, operators: Document, isFlat: boolean): Box[] | undefined {
  const operand = operators[name];
  const shape = isDocument(operand) ? operand.$geometry : undefined;
  const most = isDocument(operand) && shape !== undefined ? operand.$maxDistance : operators.$maxDistance;
  const centre = pairOf(shape ?? operand);
  if (centre === undefined || !isNumeric(most)) return undefined;
  const distance = toNumber(most);
  if (shape !== undefined) return isFlat ? undefined : boxesOfCap(centre, distance / EARTH_RADIUS_METRES);
  if (name === "$nearSphere") return isFlat ? undefined : boxesOfCap(centre, distance);
  return isFlat ? [grown([...centre, ...centre], distance)] : undefined;
}

/** Boxes of all places within an angle of a place. */
function boxesOfCap([longitude, latitude]: Pair, radius: number): Box[] {
  const reach = radius * DEGREES;
  const [low, high] = [latitude - reach - MARGIN, latitude + reach + MARGIN];
  if (low <= -90 || high >= 90) return [[-180, low, 180, high]];
  const side = Math.asin(Math.min(1, Math.sin(radius) / Math.cos(latitude / DEGREES))) * DEGREES;
  return wrapped(longitude - side, low, longitude + side, high);
}

function boxesOfRing(ring: readonly Vector[]): Box[] {
  const isNorth = isInRing([0, 0, 1], ring);
  if (!isNorth && !isInRing([0, 0, -1], ring)) return boxesOfPath(ring);
  const [low, high] = latitudesOf(ring);
  return [isNorth ? [-180, low, 180, 90] : [-180, -90, 180, high]];
}

function boxesOfPath(path: readonly Vector[]): Box[] {
  const [low, high] = latitudesOf(path);
  if (high >= 90 - 2 * MARGIN || low <= -90 + 2 * MARGIN) return [[-180, low, 180, high]];
  let at = longitudeOf(path[0]!);
  let [left, right] = [at, at];
  for (const point of path.slice(1)) {
    const step = longitudeOf(point) - at;
    // Arcs are the shorter way.
    at += step > 180 ? step - 360 : step < -180 ? step + 360 : step;
    left = Math.min(left, at);
    right = Math.max(right, at);
  }
  return wrapped(left, low, right, high);
}

function latitudesOf(path: readonly Vector[]): [number, number] {
  let [low, high] = [90, -90];
  const take = (latitude: number): void => {
    low = Math.min(low, latitude);
    high = Math.max(high, latitude);
  };
  for (const [i, point] of path.entries()) {
    take(latitudeOf(point));
    const before = path[i - 1];
    if (before === undefined || angleBetween(before, point) < 1e-12) continue;
    // The highest and the lowest point of the great circle, where they lie on the arc.
    const [nx, ny, nz] = normalOf(before, point);
    const size = Math.hypot(nx * nz, ny * nz, 1 - nz * nz);
    if (size < 1e-12) continue;
    const top: Vector = [(-nx * nz) / size, (-ny * nz) / size, (1 - nz * nz) / size];
    const bottom: Vector = [-top[0], -top[1], -top[2]];
    if (isOnArc(top, before, point)) take(latitudeOf(top));
    if (isOnArc(bottom, before, point)) take(latitudeOf(bottom));
  }
  return [low - MARGIN, high + MARGIN];
}

function normalOf(a: Vector, b: Vector): Vector {
  const n = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]] as const;
  const size = Math.hypot(...n);
  return [n[0] / size, n[1] / size, n[2] / size];
}

function longitudeOf([x, y]: Vector): number {
  return Math.atan2(y, x) * DEGREES;
}

function latitudeOf([x, y, z]: Vector): number {
  return Math.atan2(z, Math.hypot(x, y)) * DEGREES;
}

function wrapped(left: number, low: number, right: number, high: number): Box[] {
  const [from, to] = [left - MARGIN, right + MARGIN];
  if (to - from >= 360) return [[-180, low, 180, high]];
  if (from < -180)
    return [
      [from + 360, low, 180, high],
      [-180, low, to, high],
    ];
  if (to > 180)
    return [
      [from, low, 180, high],
      [-180, low, to - 360, high],
    ];
  return [[from, low, to, high]];
}

function boxOfPairs(pairs: readonly Pair[]): Box {
  const [xs, ys] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
  return grown([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], 0);
}

function grown(box: Box, by: number): Box {
  const reach = by + MARGIN;
  return [box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach];
}
