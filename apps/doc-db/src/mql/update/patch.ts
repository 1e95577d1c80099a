import { decodeValueAt } from "../../document/decode.ts";
import { findField, foundField } from "../../document/find-field.ts";
import { knownName } from "../../document/lookup.ts";
import { isOverwritable, overwriteScalar } from "../../document/overwrite-scalar.ts";
import { type Change, UNCHANGED } from "./path.ts";

/** A change of one top-level field, which is not `_id`. */
export interface FieldChange {
  readonly name: string;
  readonly change: Change;
}

/**
 * Changes numbers and dates of an encoded document where they lie: nothing else of it is decoded, or encoded again.
 * @returns false where a field is missing, or has or gets another type: the bytes are worth nothing then
 * @throws LanguageError as the changes do
 */
export function patchDocument(bytes: Uint8Array, changes: readonly FieldChange[]): boolean {
  for (const { name, change } of changes) {
    if (!findField(bytes, 0, bytes.length, knownName(name)) || !isOverwritable(foundField.type)) return false;
    const { type, start, end } = foundField;
    const value = change.apply(decodeValueAt(bytes, type, start, end));
    if (value === UNCHANGED) continue;
    if (value === undefined || !overwriteScalar(bytes, type, start, value)) return false;
  }
  return true;
}
