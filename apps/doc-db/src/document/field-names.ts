/** Lists of field names that stored documents have an id in place of (docs/formats/doc-db.md, "Names"). */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { CorruptDataError, readU16, readU32 } from "@millrace/base";
import type { ListedDecoder } from "./listed-decoder.ts";
import { newMaker, type ObjectMaker } from "./shapes.ts";

/** Lists that a process makes; documents of further shapes are stored with their names. */
const MAX_LISTS = 1024;
/** Longest list, in fields and in bytes. */
export const MAX_LISTED_FIELDS = 64;
const MAX_LISTED_BYTES = 1024;
/** Bytes of a list's id. */
export const LIST_ID_BYTES = 8;
const PLACES = 1024;

/** Names of an object's fields, in their order. */
export interface FieldNames {
  /** The first eight bytes of the SHA-256 of {@link FieldNames.bytes}, as two words. */
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
  /** Each name with its length, u16, in front. */
  readonly bytes: Uint8Array;
  readonly places: ReadonlyMap<string, number>;
  seen: number;
  make: ObjectMaker;
  /** Made when there have been some objects of these names. */
  decode: ListedDecoder | undefined;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** By 53 bits of the id; a list whose id differs in the others only is not taken. */
const lists = new Map<number, FieldNames>();
/** Of the lists those that were asked for last. */
const recent: (FieldNames | undefined)[] = new Array<FieldNames | undefined>(PLACES).fill(undefined);

/** The list with an id; undefined when no file that was opened, and no document that was encoded, had it. */
export function fieldNamesOf(low: number, high: number): FieldNames | undefined {
  const place = low & (PLACES - 1);
  const known = recent[place];
  if (known !== undefined && known.low === low && known.high === high) return known;
  const found = lists.get(keyOf(low, high));
  if (found === undefined || found.low !== low || found.high !== high) return undefined;
  recent[place] = found;
  return found;
}

/** Makes a list of names, for documents to come. @returns undefined where they are to be stored with each document */
export function listFieldNames(bytes: Uint8Array): FieldNames | undefined {
  if (lists.size >= MAX_LISTS || bytes.length > MAX_LISTED_BYTES || bytes.length <= LIST_ID_BYTES)
    return undefined;
  return takeIn(bytes);
}

/**
 * Takes a list in that a file has.
 * @param path - of the file, for messages
 * @throws CorruptDataError `DOCDB_NAMES_CORRUPT` when it is not the one of that id
 */
export function loadFieldNames(id: Uint8Array, bytes: Uint8Array, path: string): void {
  const list = takeIn(bytes);
  if (list !== undefined && list.low === readU32(id, 0) && list.high === readU32(id, 4)) return;
  const problem = "a list of field names is not the one of its id; restore the file from a copy";
  throw new CorruptDataError("DOCDB_NAMES_CORRUPT", path, 0, problem);
}

/** A list's id as bytes. */
export function idOfNames({ low, high }: FieldNames): Uint8Array {
  const id = new Uint8Array(LIST_ID_BYTES);
  new DataView(id.buffer).setUint32(0, low, true);
  new DataView(id.buffer).setUint32(4, high, true);
  return id;
}

/** @returns undefined where another list has the id, or the bytes are no list */
function takeIn(bytes: Uint8Array): FieldNames | undefined {
  const digest = createHash("sha256").update(bytes).digest();
  const low = readU32(digest, 0);
  const high = readU32(digest, 4);
  const known = lists.get(keyOf(low, high));
  if (known !== undefined) return Buffer.compare(known.bytes, bytes) === 0 ? known : undefined;
  const names = namesIn(bytes);
  if (names === undefined) return undefined;
  const places = new Map(names.map((name, i) => [name, i]));
  const list: FieldNames = {
    low,
    high,
    names,
    bytes: bytes.slice(),
    places,
    seen: 0,
    make: newMaker(names),
    decode: undefined,
  };
  lists.set(keyOf(low, high), list);
  return list;
}

function namesIn(bytes: Uint8Array): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 <= bytes.length ? at + 2 + readU16(bytes, at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    const name = bytes.subarray(at + 2, end);
    if (!isUtf8(name)) return undefined;
    names.push(decoder.decode(name));
    at = end;
  }
  return names;
}

function keyOf(low: number, high: number): number {
  return (high >>> 11) * 2 ** 32 + low;
}
