/** Documents as PostgreSQL's JSONB: what SQL and indexes see. The exact document is its BSON, in the column beside. */

import { Double } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { valueToJson } from "../document/extended-json.ts";
import type { Document, Value } from "../document/value.ts";

/**
 * A document as JSON for a `jsonb` column: numbers of all kinds as numbers, the other types as Extended JSON. JSONB has
 * no character 0 and no half of a surrogate pair: U+FFFD takes their places.
 */
export function toJsonb(document: Document): string {
  return jsonOf(document);
}

/** A number as JSON writes it; undefined for what is none there. */
export function jsonNumber(value: Value): string | undefined {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Decimal128) return finite(value.toString());
  const number = value instanceof Double ? value.value : value;
  return typeof number === "number" ? finite(String(number)) : undefined;
}

/** A text as JSONB takes it. */
export function jsonbText(text: string): string {
  return text.replaceAll("\0", "\u{FFFD}").toWellFormed();
}

function finite(text: string): string | undefined {
  return /^-?\d/.test(text) ? text : undefined;
}

function jsonOf(value: Value): string {
  const number = jsonNumber(value);
  if (number !== undefined) return number;
  if (typeof value === "string") return JSON.stringify(jsonbText(value));
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(jsonOf).join(",")}]`;
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value as Document).map(
      ([name, field]) => `${JSON.stringify(jsonbText(name))}:${jsonOf(field)}`,
    );
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(valueToJson(value), (_, part) => (typeof part === "string" ? jsonbText(part) : part));
}
