import { readU32 } from "@millrace/base";
import { LISTED_HEAD_BYTES, listedNames } from "./container.ts";
import { decoderLike, decodeValueAt, runDecoder } from "./decode.ts";
import type { FieldNames } from "./field-names.ts";
import { fieldName, findField, foundField, type KnownName } from "./find-field.ts";
import { COUNT_MASK } from "./format.ts";
import type { ListedDecoder } from "./listed-decoder.ts";
import { COMPILE_AFTER } from "./shapes.ts";
import { type Document, setField, type Value } from "./value.ts";

type Lookup = (name: string) => Value | undefined;

/** Decodes some fields of a document, or gathers them where they are known already. */
export interface FieldsDecoder {
  (bytes: Uint8Array, start: number, end: number): Document;
  readonly ofFields: {
    readonly fields: readonly string[];
    readonly take: (lookup: Lookup) => Document;
  };
}

/**
 * Makes a function that decodes some fields of documents, and no others.
 * @returns what throws CorruptDataError `DOCDB_DOCUMENT_CORRUPT` as {@link decodeDocument} does
 */
export function fieldsDecoder(fields: readonly string[]): FieldsDecoder {
  const names = fields.map(fieldName);
  let list: FieldNames | undefined;
  let decode: ListedDecoder | undefined;
  let seen = 0;
  const decoder = (bytes: Uint8Array, start: number, end: number): Document => {
    const found = narrowListOf(bytes, start, end);
    if (found !== undefined && found === list) {
      const decoded = decode === undefined ? undefined : runDecoder(decode, bytes, start, end);
      if (decoded !== undefined) return decoded;
      if (++seen === COMPILE_AFTER) {
        const wanted = fields.map((field) => found.places.get(field) ?? -1).filter((place) => place >= 0);
        decode = decoderLike(found, bytes, start, wanted);
      }
    } else {
      list = found;
      decode = undefined;
      seen = 0;
    }
    return decodeFields(names, bytes, start, end);
  };
  return Object.assign(decoder, { ofFields: { fields, take: (lookup: Lookup) => gathered(fields, lookup) } });
}

function gathered(fields: readonly string[], lookup: Lookup): Document {
  const found: Record<string, Value> = {};
  for (const field of fields) {
    const value = lookup(field);
    if (value !== undefined) setField(found, field, value);
  }
  return found;
}

/** The list of a document's names, where it has one, and offsets of 16 bits. */
function narrowListOf(bytes: Uint8Array, start: number, end: number): FieldNames | undefined {
  if (end - start < LISTED_HEAD_BYTES) return undefined;
  const declared = readU32(bytes, start);
  return declared >>> 30 === 1 ? listedNames(bytes, start, declared & COUNT_MASK) : undefined;
}

function decodeFields(names: readonly KnownName[], bytes: Uint8Array, start: number, end: number): Document {
  const found: Record<string, Value> = {};
  for (const name of names) {
    if (!findField(bytes, start, end, name)) continue;
    setField(found, name.text, decodeValueAt(bytes, foundField.type, foundField.start, foundField.end));
  }
  return found;
}
