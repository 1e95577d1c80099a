/** Objects of the same fields in the same order, made by one function: V8 then gives them one hidden class, at once. */
import { setField, type Value } from "./value.ts";

/** Times that a shape is met before a function is made for it: making one costs as much as some hundred objects. */
export const COMPILE_AFTER = 16;
/** Objects of more fields are made field by field. */
const MAX_FIELDS = 64;
/** Places for shapes; one that takes another's place begins again. */
const PLACES = 512;

/** Makes an object of the values from `from` on. */
export type ObjectMaker = (values: readonly Value[], from: number) => Record<string, Value>;

/** The names of an object's fields, with their bytes to be compared. */
export interface Shape {
  readonly names: readonly string[];
  /** The names' bytes, one behind the other, without their lengths. */
  readonly bytes: Uint8Array;
  readonly lengths: Uint16Array;
  seen: number;
  make: ObjectMaker;
}

const shapes: (Shape | undefined)[] = new Array<Shape | undefined>(PLACES).fill(undefined);

/** The shape kept under a hash of an object's names; it may be another object's. */
export function shapeAt(hash: number): Shape | undefined {
  return shapes[hash & (PLACES - 1)];
}

/** Keeps a shape under a hash. */
export function keepShape(
  hash: number,
  names: readonly string[],
  bytes: Uint8Array,
  lengths: Uint16Array,
): Shape {
  const shape: Shape = { names, bytes, lengths, seen: 0, make: newMaker(names) };
  shapes[hash & (PLACES - 1)] = shape;
  return shape;
}

/** Counts an object of a shape, and makes its function when there have been some. */
export function noteShape(shape: Shape): void {
  shape.seen++;
  if (shape.seen === COMPILE_AFTER) shape.make = compiled(shape.names) ?? shape.make;
}

/** Makes objects field by field: what is used until there have been many. */
export function newMaker(names: readonly string[]): ObjectMaker {
  return (values, from) => {
    const made: Record<string, Value> = {};
    for (let i = 0; i < names.length; i++) setField(made, names[i]!, values[from + i]!);
    return made;
  };
}

/** An object literal as a function; undefined where code from strings is forbidden. */
function compiled(names: readonly string[]): ObjectMaker | undefined {
  // In a literal `__proto__` is no field.
  if (names.length > MAX_FIELDS || names.includes("__proto__")) return undefined;
  const fields = names.map((name, i) => `${JSON.stringify(name)}: v[b + ${i}]`);
  try {
    return new Function("v", "b", `return { ${fields.join(", ")} };`) as ObjectMaker;
  } catch {
    return undefined;
  }
}
