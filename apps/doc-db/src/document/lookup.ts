import type { FieldLookup } from "../query/filter.ts";
import { decodeDocument, fieldName, readField } from "./decode.ts";

const NAMES = new Map<string, Uint8Array>();
const MAX_NAMES = 1024;

/** A lookup of top-level fields in an encoded document; only what is asked for is decoded. */
export function lookupIn(bytes: Uint8Array): FieldLookup {
  return Object.assign((name: string) => readField(bytes, nameBytes(name)), {
    whole: () => decodeDocument(bytes),
  });
}

/** Field names as bytes; queries ask for few names, many times. */
function nameBytes(name: string): Uint8Array {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const bytes = fieldName(name);
  if (NAMES.size >= MAX_NAMES) NAMES.clear();
  NAMES.set(name, bytes);
  return bytes;
}
