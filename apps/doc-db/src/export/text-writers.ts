/** Documents as text: lines or an array of Extended JSON, or comma-separated values. */

import { Double } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { valueToJson } from "../document/extended-json.ts";
import { ObjectId } from "../document/object-id.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";

/** Turns documents into pieces of text. */
export interface TextWriter {
  readonly begin: string;
  document(document: Document, index: number): string;
  readonly end: string;
}

/** A document a line. */
export const LINES: TextWriter = Object.freeze({
  begin: "",
  document: (document: Document) => `${JSON.stringify(valueToJson(document))}\n`,
  end: "",
});

/** One array, a document a line. */
export const ARRAY: TextWriter = Object.freeze({
  begin: "[",
  document: (document: Document, index: number) =>
    `${index === 0 ? "\n" : ",\n"}${JSON.stringify(valueToJson(document))}`,
  end: "\n]\n",
});

/**
 * Comma-separated values (RFC 4180). Text that would be read as something else is in quotes; a field that is missing or
 * null is empty; arrays and documents are Extended JSON.
 * @param paths - the columns: fields, or dotted paths
 */
export function csvWriter(paths: readonly string[]): TextWriter {
  const parts = paths.map((path) => path.split("."));
  return {
    begin: `${paths.map((path) => quoted(path)).join(",")}\r\n`,
    document: (document) => `${parts.map((path) => cell(atPath(document, path))).join(",")}\r\n`,
    end: "",
  };
}

function atPath(document: Document, path: readonly string[]): Value | undefined {
  let value: Value | undefined = document;
  for (const name of path) {
    if (!isDocument(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function cell(value: Value | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return isTakenForOther(value) ? `"${value.replaceAll('"', '""')}"` : value;
  if (typeof value === "object") return quoted(plainText(value));
  // Only digits would be read as an int64.
  const isLargeDouble = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLargeDouble ? value.toExponential() : String(value);
}

/** What a value is where there are no types: of dates, ids and numbers their text, of all else Extended JSON. */
export function plainText(value: Value): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  if (value instanceof ObjectId) return value.toHex();
  if (value instanceof Decimal128) return value.toString();
  if (value instanceof Double) return String(value.value);
  return JSON.stringify(valueToJson(value));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isTakenForOther(text: string): boolean {
  return text === "" || /[",\r\n]/.test(text) || /^(true|false|-?\d.*)$/.test(text);
}
