import type { Document } from "../document/value.ts";

/** One way to name a field of an index, or several. */
type Part =
  | string
  | readonly [string, Direction]
  | Readonly<Record<string, Direction>>
  | ReadonlyMap<string, Direction>;
type Direction = number | string;

const KINDS = ["text", "hashed", "2d", "2dsphere", "vector"];

/** The key of an index, in any of the forms that the driver takes. */
export function plainIndexKey(key: unknown): Document {
  const isPair = Array.isArray(key) && key.length === 2 && isDirection(key[1]);
  const parts = (Array.isArray(key) && !isPair ? key : [key]) as readonly Part[];
  return Object.fromEntries(parts.flatMap(entriesOf));
}

function entriesOf(part: Part): (readonly [string, Direction])[] {
  if (typeof part === "string") return [[part, 1]];
  if (Array.isArray(part)) return [part as unknown as readonly [string, Direction]];
  return part instanceof Map ? [...(part as ReadonlyMap<string, Direction>)] : Object.entries(part);
}

function isDirection(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && KINDS.includes(value));
}
