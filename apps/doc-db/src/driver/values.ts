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
  readonly collection: string;
  readonly oid: unknown;
  readonly db: string | undefined;
  readonly fields: object;
}

/**
 * Turns JavaScript's regular expressions and maps, the classes of the package `bson`, and undefined (null, as the driver
 * has it) into values that can be stored. Objects with `toBSON` are what that gives, those of classes their fields. What needs no change is given as it is, not copied.
 */
export function toStored<T>(value: T): Value {
  if (typeof value !== "object" || value === null) return (value === undefined ? null : value) as Value;
  if (Array.isArray(value)) return fromArray(value);
  if (value instanceof ObjectId || value instanceof Date || value instanceof Uint8Array)
    return value as Value;
  if (typeof (value as Partial<Foreign>)._bsontype === "string")
    return OWN.some((own) => value instanceof own)
      ? (value as Value)
      : fromForeign(value as unknown as Foreign);
  const { toBSON } = value as { readonly toBSON?: unknown };
  if (typeof toBSON === "function") return toStored((toBSON as () => unknown).call(value));
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
  if (prototype === null || Object.getPrototypeOf(prototype) === null)
    return fromObject(value as Record<string, unknown>);
  // An object of an application's class is its fields; sets, errors and the like would lose what they hold.
  const isOfApplication = Object.prototype.toString.call(value) === "[object Object]";
  return isOfApplication
    ? fromObject({ ...(value as Record<string, unknown>) })
    : (value as unknown as Value);
}

/** The classes of this package that are stored as they are. */
const OWN = [Binary, BSONRegExp, Code, Decimal128, Double, MaxKey, MinKey, Timestamp];

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
    const isMethod = typeof object[name] === "function";
    const value = isMethod ? null : toStored(object[name]);
    if (changed === undefined && value !== object[name]) {
      changed = {};
      for (const before of names.slice(0, i)) setField(changed, before, object[before] as Value);
    }
    // Left out, as the driver does it.
    if (changed !== undefined && !isMethod) setField(changed, name, value);
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
    case "DBRef": {
      const { collection, oid, db, fields } = foreign;
      return fromObject({ $ref: collection, $id: oid, ...(db ? { $db: db } : {}), ...fields });
    }
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
