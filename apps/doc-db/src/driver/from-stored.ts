/** Stored values as applications of MongoDB's driver get them. */
import { Binary, BSONRegExp, Double, UUID } from "../document/bson-types.ts";
import { setField, type Value } from "../document/value.ts";

const UUID_SUBTYPE = 4;
const UUID_BYTES = 16;

/**
 * Doubles and integers of 64 bits as numbers, binary as {@link Binary} or {@link UUID}, patterns as regular expressions:
 * what the driver does unless it is told otherwise. An integer that no number can tell stays a bigint, a pattern that
 * JavaScript has no words for what it was. What needs no change is given as it is, not copied.
 */
export function fromStored<T>(value: T): T {
  return promoted(value) as T;
}

function promoted(value: unknown): unknown {
  if (typeof value === "object") return value === null ? null : ofObject(value);
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function ofObject(value: object): unknown {
  if (Array.isArray(value)) return ofArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return ofDocument(value as Record<string, Value>);
  if (value instanceof Double) return value.value;
  if (value instanceof Uint8Array) return new Binary(value, 0);
  if (value instanceof Binary) {
    const isUuid = value.subtype === UUID_SUBTYPE && value.bytes.length === UUID_BYTES;
    return isUuid ? new UUID(value.bytes) : value;
  }
  return value instanceof BSONRegExp ? asRegExp(value) : value;
}

function ofArray(list: readonly unknown[]): readonly unknown[] {
  let changed: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const after = promoted(list[i]);
    if (after === list[i]) continue;
    changed ??= [...list];
    changed[i] = after;
  }
  return changed ?? list;
}

/** A copy where something changes: the same document may be a part of others that are still computed with. */
function ofDocument(document: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  let changed: Record<string, Value> | undefined;
  for (const name in document) {
    const before = document[name]!;
    const after = promoted(before);
    if (after === before) continue;
    changed ??= { ...document };
    setField(changed, name, after as Value);
  }
  return changed ?? document;
}

function asRegExp(pattern: BSONRegExp): RegExp | BSONRegExp {
  try {
    return /[^ims]/.test(pattern.options) ? pattern : new RegExp(pattern.pattern, pattern.options);
  } catch {
    // PCRE knows more than JavaScript.
    return pattern;
  }
}
