import { encodeChangedToScratch, encodeToScratch } from "./encode-values.ts";
import type { FieldNames } from "./field-names.ts";
import type { Document } from "./value.ts";

/** Bytes of a block of {@link encodeStored}. */
const SHARED_BYTES = 256 * 1024;
let shared = new ArrayBuffer(SHARED_BYTES);
let sharedAt = 0;
const used: FieldNames[] = [];
let lastUsed: readonly FieldNames[] = [];

/** A document as it is stored. */
export interface StoredBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The lists of names that the file must have to read it. */
  readonly names: readonly FieldNames[];
}

/**
 * Encodes a document as docs/formats/doc-db.md lays it out, with all its names.
 * @returns bytes of their own
 * @throws InvalidArgumentError `DOCDB_VALUE_TYPE`, `DOCDB_STRING_INVALID`, `DOCDB_DOCUMENT_DEPTH`
 * @throws CapacityError `DOCDB_DOCUMENT_TOO_LARGE` above 16 MiB
 */
export function encodeDocument(document: Document): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeToScratch(document, undefined));
}

/**
 * As {@link encodeDocument} for a file that keeps lists of names, and into a block that many documents share: for
 * bytes that are let go soon, as each array with memory of its own costs the garbage collector more than the encoding.
 */
export function encodeStored(document: Document): StoredBytes {
  used.length = 0;
  return { bytes: sharedCopy(encodeToScratch(document, used)), names: usedNames() };
}

/** As {@link encodeStored} of a document that another one was made of: what is the same in both is copied. */
export function encodeChanged(before: Document, bytes: Uint8Array, after: Document): StoredBytes {
  used.length = 0;
  const encoded = encodeChangedToScratch(before, bytes, after, used);
  if (encoded === undefined) return encodeStored(after);
  return { bytes: sharedCopy(encoded), names: usedNames() };
}

/** The lists of the last document: the same array for documents alike. */
function usedNames(): readonly FieldNames[] {
  let same = used.length === lastUsed.length;
  for (let i = 0; same && i < used.length; i++) same = used[i] === lastUsed[i];
  if (!same) lastUsed = used.slice();
  return lastUsed;
}

/** Copies bytes into the block; long ones get memory of their own. */
export function sharedCopy(encoded: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = encoded;
  if (length > SHARED_BYTES / 8) return new Uint8Array(encoded);
  if (sharedAt + length > SHARED_BYTES) {
    shared = new ArrayBuffer(SHARED_BYTES);
    sharedAt = 0;
  }
  const bytes = new Uint8Array(shared, sharedAt, length);
  bytes.set(encoded);
  sharedAt += length;
  return bytes;
}
