/** Points, arcs and rings on the unit sphere; arcs are the shorter ones between their ends. */

/** A point of the unit sphere. */
export type Vector = readonly [number, number, number];

/** Metres of the sphere that MongoDB measures on. */
export const EARTH_RADIUS_METRES = 6_378_100;

const TOUCH = 1e-12;

export function toVector(longitude: number, latitude: number): Vector {
  const [l, p] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(p) * Math.cos(l), Math.cos(p) * Math.sin(l), Math.sin(p)];
}

/** The angle between two points in radians. */
export function angleBetween(a: Vector, b: Vector): number {
  return Math.atan2(lengthOf(cross(a, b)), dot(a, b));
}

export function isSamePoint(a: Vector, b: Vector): boolean {
  return Math.abs(a[0] - b[0]) < TOUCH && Math.abs(a[1] - b[1]) < TOUCH && Math.abs(a[2] - b[2]) < TOUCH;
}

/** Whether a point lies on the arc from `a` to `b`, its ends included. */
export function isOnArc(point: Vector, a: Vector, b: Vector): boolean {
  const normal = cross(a, b);
  const length = lengthOf(normal);
  if (length < TOUCH) return isSamePoint(point, a) || isSamePoint(point, b);
  if (Math.abs(dot(normal, point)) / length > TOUCH) return false;
  return angleBetween(a, point) + angleBetween(point, b) <= angleBetween(a, b) + 1e-9;
}

/** Whether two arcs cross at a point inside of both. */
export function doArcsCross(a: Vector, b: Vector, c: Vector, d: Vector): boolean {
  const ab = cross(a, b);
  const cd = cross(c, d);
  const [acb, bda, cbd, dac] = [-dot(ab, c), dot(ab, d), -dot(cd, b), dot(cd, a)];
  if ([acb, bda, cbd, dac].some((side) => Math.abs(side) < TOUCH)) return false;
  return acb > 0 === bda > 0 && acb > 0 === cbd > 0 && acb > 0 === dac > 0;
}

/** Whether a point is inside of a ring's smaller side: by how often the ring winds about it. Points on it are not. */
export function isInRing(point: Vector, ring: readonly Vector[]): boolean {
  if (eachArc(ring, (a, b) => isOnArc(point, a, b))) return false;
  if (dot(point, centreOf(ring)) <= 0) return false;
  let turned = 0;
  eachArc(ring, (a, b) => {
    const [u, v] = [cross(point, a), cross(point, b)];
    turned += Math.atan2(dot(point, cross(u, v)), dot(u, v));
    return false;
  });
  return Math.abs(turned) > Math.PI;
}

/** Whether a test holds for any arc of a ring or line. */
export function eachArc(points: readonly Vector[], test: (a: Vector, b: Vector) => boolean): boolean {
  for (let i = 1; i < points.length; i++) if (test(points[i - 1]!, points[i]!)) return true;
  return false;
}

function centreOf(ring: readonly Vector[]): Vector {
  const sum = [0, 0, 0];
  // Weighted by the arcs' lengths, so that many points on one side do not pull it there.
  eachArc(ring, (a, b) => {
    const weight = angleBetween(a, b);
    for (let i = 0; i < 3; i++) sum[i]! += (a[i]! + b[i]!) * weight;
    return false;
  });
  return sum as unknown as Vector;
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function lengthOf(a: Vector): number {
  return Math.sqrt(dot(a, a));
}
