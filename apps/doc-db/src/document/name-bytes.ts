/** Field names as bytes; they come again and again. */
import { CapacityError, InvalidArgumentError, writeU16 } from "@millrace/base";
import { MAX_NAME_BYTES } from "./format.ts";

const encoder = new TextEncoder();
/** Names kept encoded, and the longest of them. */
const MAX_KEPT_NAMES = 4096;
const MAX_KEPT_NAME = 256;
const encodedNames = new Map<string, Uint8Array>();

/** A name with its length, u16, in front. @throws InvalidArgumentError, CapacityError for one that cannot be stored */
export function nameBytes(name: string): Uint8Array {
  return encodedNames.get(name) ?? encodeName(name);
}

function encodeName(name: string): Uint8Array {
  checkText(name);
  const text = encoder.encode(name);
  if (text.length > MAX_NAME_BYTES)
    throw new CapacityError("DOCDB_NAME_TOO_LONG", "field name", text.length, MAX_NAME_BYTES);
  const bytes = new Uint8Array(2 + text.length);
  writeU16(bytes, 0, text.length);
  bytes.set(text, 2);
  if (text.length > MAX_KEPT_NAME) return bytes;
  if (encodedNames.size >= MAX_KEPT_NAMES) encodedNames.clear();
  encodedNames.set(name, bytes);
  return bytes;
}

/** @throws InvalidArgumentError `DOCDB_STRING_INVALID` */
export function checkText(text: string): void {
  if (text.isWellFormed()) return;
  throw new InvalidArgumentError(
    "DOCDB_STRING_INVALID",
    "string",
    text,
    "well-formed Unicode, without half a surrogate pair",
  );
}
