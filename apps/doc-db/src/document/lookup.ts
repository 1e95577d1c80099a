import { decodeDocument, decodeValueAt } from "./decode.ts";
import { fieldName, findField, foundField, type KnownName } from "./find-field.ts";
import type { Document, Value } from "./value.ts";

const NAMES = new Map<string, KnownName>();
const MAX_NAMES = 1024;

/** An encoded document where it lies, one after the other; only the fields that are asked for are decoded. */
export interface DocumentView {
  /** A top-level field; undefined where there is none. */
  (name: string): Value | undefined;
  readonly whole: () => Document;
  /** Looks for a field without decoding it; `foundField` says where it lies. @returns whether it is there */
  readonly find: (name: KnownName) => boolean;
  /** Turns to another document. */
  readonly moveTo: (bytes: Uint8Array, start: number, end: number) => void;
}

/** A view that is of no document yet. */
export function documentView(): DocumentView {
  let bytes = new Uint8Array(0);
  let start = 0;
  let end = 0;
  const find = (name: KnownName): boolean => findField(bytes, start, end, name);
  const field = (name: string): Value | undefined =>
    find(knownName(name))
      ? decodeValueAt(bytes, foundField.type, foundField.start, foundField.end)
      : undefined;
  // Assigned one by one: Object.assign takes longer than all the rest, and a view is made for each query.
  const made = field as { -readonly [K in keyof DocumentView]: DocumentView[K] } & typeof field;
  made.find = find;
  made.whole = () => decodeDocument(bytes, start, end);
  made.moveTo = (other: Uint8Array, from: number, to: number) => {
    bytes = other as Uint8Array<ArrayBuffer>;
    start = from;
    end = to;
  };
  return made;
}

/** A lookup of top-level fields in an encoded document; only what is asked for is decoded. */
export function lookupIn(bytes: Uint8Array, start = 0, end: number = bytes.length): DocumentView {
  const view = documentView();
  view.moveTo(bytes, start, end);
  return view;
}

/** Field names as bytes; queries ask for few names, many times. */
export function knownName(name: string): KnownName {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const made = fieldName(name);
  if (NAMES.size >= MAX_NAMES) NAMES.clear();
  NAMES.set(name, made);
  return made;
}
