import { MillraceError } from "@millrace/base";
import { valueToJson } from "../document/extended-json.ts";
import type { Document } from "../document/value.ts";

/** A value that a unique index holds already; MongoDB's error 11000. */
export class DuplicateKeyError extends MillraceError {
  readonly serverCode = 11000;
  /** The index's key and the values that are there. */
  readonly keyPattern: Document;
  readonly keyValue: Document;

  constructor(message: string, keyPattern: Document, keyValue: Document) {
    super("DOCDB_KEY_DUPLICATE", message);
    this.keyPattern = keyPattern;
    this.keyValue = keyValue;
  }
}

/** The error of a value that must be unique and is not. */
export function duplicateKey(index: string, keyPattern: Document, keyValue: Document): DuplicateKeyError {
  const shown = JSON.stringify(valueToJson(keyValue));
  const text = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
  return new DuplicateKeyError(
    `E11000 duplicate key in index ${index}: ${text} is in the collection already, and must be unique; nothing was changed`,
    keyPattern,
    keyValue,
  );
}
