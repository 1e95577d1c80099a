/** Values as applications of MongoDB's driver have them, into those that are stored. */
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { ObjectId } from "../document/object-id.ts";
import { type Document, setField, type Value } from "../document/value.ts";

/** What the classes of the package `bson` have that is read here. */
interface Foreign {
  readonly _bsontype: string;
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly sub_type: number;
  readonly t: number;
  readonly i: number;
  readonly pattern: string;
  readonly options: string;
  readonly code: string;
  readonly scope: object | null;
}

/**
 * Turns JavaScript's regular expressions and maps, the classes of the package `bson`, and undefined (null, as the driver
 * has it) into values that can be stored. What needs no change is given as it is, not copied.
 */
export function toStored<T>(value: T): Value {
  if (typeof value !== "object" || value === null) return (value === undefined ? null : value) as Value;
  if (Array.isArray(value)) return fromArray(value);
  if (value instanceof ObjectId || value instanceof Date || value instanceof Uint8Array)
    return value as Value;
  if (typeof (value as Partial<Foreign>)._bsontype === "string")
    return fromForeign(value as unknown as Foreign);
  switch (Object.prototype.toString.call(value)) {
    case "[object RegExp]":
      return fromRegExp(value as unknown as RegExp);
    case "[object Date]":
      // Of another realm: a worker, or the shell.
      return new Date((value as unknown as Date).getTime());
    case "[object Map]":
      return fromObject(Object.fromEntries(value as unknown as Map<string, unknown>));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain ? fromObject(value as Record<string, unknown>) : (value as unknown as Value);
}

/** As {@link toStored}, of a whole command or filter. */
export function documentToStored(document: object): Document {
  return toStored(document) as Document;
}

function fromArray(values: readonly unknown[]): Value {
  let changed: Value[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = toStored(values[i]);
    if (changed === undefined && value !== values[i]) changed = values.slice(0, i) as Value[];
    changed?.push(value);
  }
  return changed ?? (values as readonly Value[]);
}

function fromObject(object: Record<string, unknown>): Value {
  let changed: Record<string, Value> | undefined;
  const names = Object.keys(object);
  for (const [i, name] of names.entries()) {
    const value = toStored(object[name]);
    if (changed === undefined && value !== object[name]) {
      changed = {};
      for (const before of names.slice(0, i)) setField(changed, before, object[before] as Value);
    }
    if (changed !== undefined) setField(changed, name, value);
  }
  return changed ?? (object as Document);
}

/** The options that PCRE has too. */
function fromRegExp({ source, ignoreCase, multiline, dotAll }: RegExp): BSONRegExp {
  return new BSONRegExp(source, `${ignoreCase ? "i" : ""}${multiline ? "m" : ""}${dotAll ? "s" : ""}`);
}

function fromForeign(foreign: Foreign): Value {
  switch (foreign._bsontype) {
    case "ObjectId":
      return new ObjectId(new Uint8Array(foreign.id));
    case "Long":
      return BigInt(String(foreign));
    case "Int32":
      return Number(foreign.value);
    case "Double":
      return new Double(Number(foreign.value));
    case "Decimal128":
      return Decimal128.fromBytes(foreign.bytes);
    case "Binary": {
      const bytes = new Uint8Array((foreign.value as () => Uint8Array).call(foreign));
      return foreign.sub_type === 0 ? bytes : new Binary(bytes, foreign.sub_type);
    }
    case "Timestamp":
      return new Timestamp(foreign.t, foreign.i);
    case "BSONRegExp":
      return new BSONRegExp(foreign.pattern, foreign.options);
    case "Code":
      return foreign.scope === null || foreign.scope === undefined
        ? new Code(foreign.code)
        : new Code(foreign.code, documentToStored(foreign.scope));
    case "MinKey":
      return new MinKey();
    case "MaxKey":
      return new MaxKey();
    case "BSONSymbol":
      return String(foreign.value);
  }
  // Refused by whoever stores it, by its name.
  return foreign as unknown as Value;
}
