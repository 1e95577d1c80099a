/** What a vector index keeps in its tree: vectors, the nodes of documents, links between nodes (docs/formats/doc-db.md). */
import { assert, readU16, readU32, writeU16, writeU32 } from "@millrace/base";
import { TreeCursor } from "../btree/cursor.ts";
import { deleteFromTree, getFromTree, located, locateInTree, putInTree } from "../btree/tree.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";

/** First bytes of the keys. */
export const STATE = 1;
export const VECTOR = 2;
export const LINKS = 3;
export const NODE = 4;
/** Levels of a graph, at the most. */
export const MAX_LEVEL = 15;

const STATE_KEY = Uint8Array.of(STATE);
const vectorKey = Uint8Array.of(VECTOR, 0, 0, 0, 0);
const linksKey = Uint8Array.of(LINKS, 0, 0, 0, 0, 0);
const LINKS_RANGE = { lo: Uint8Array.of(LINKS), hi: Uint8Array.of(LINKS) };
const VECTORS_RANGE = { lo: Uint8Array.of(VECTOR), hi: Uint8Array.of(VECTOR) };

/** How many vectors there are, and the number of the next node: numbers are not used twice. */
export interface VectorState {
  readonly count: number;
  readonly next: number;
}

export function readState(pager: PageReader, root: number): VectorState {
  const value = getFromTree(pager, root, STATE_KEY);
  return value === undefined ? { count: 0, next: 0 } : { count: readU32(value, 0), next: readU32(value, 4) };
}

export function writeState(pager: PageWriter, root: number, { count, next }: VectorState): void {
  const value = new Uint8Array(8);
  writeU32(value, 0, count);
  writeU32(value, 4, next);
  putInTree(pager, root, STATE_KEY, value, true);
}

/** The node of a document; undefined where it has none. */
export function nodeOf(pager: PageReader, root: number, idKey: Uint8Array): number | undefined {
  const value = getFromTree(pager, root, nodeKey(idKey));
  return value === undefined ? undefined : readU32(value, 0);
}

function nodeKey(idKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + idKey.length);
  key[0] = NODE;
  key.set(idKey, 1);
  return key;
}

/** Writes a vector, and which document has it. */
export function putVector(
  pager: PageWriter,
  root: number,
  node: number,
  vector: Float32Array,
  idKey: Uint8Array,
): void {
  const value = new Uint8Array(4 * vector.length + idKey.length);
  const view = new DataView(value.buffer);
  for (let i = 0; i < vector.length; i++) view.setFloat32(4 * i, vector[i]!, true);
  value.set(idKey, 4 * vector.length);
  putInTree(pager, root, setNode(vectorKey, 1, node).slice(), value, true);
  const number = new Uint8Array(4);
  writeU32(number, 0, node);
  putInTree(pager, root, nodeKey(idKey), number, true);
}

/** Takes a vector out. @param dimensions - of the index */
export function deleteVector(pager: PageWriter, root: number, node: number, idKey: Uint8Array): void {
  const isThere = deleteFromTree(pager, root, setNode(vectorKey, 1, node).slice());
  assert(isThere && deleteFromTree(pager, root, nodeKey(idKey)), "a node has a vector and a document");
}

/** Copies the bytes of a node's vector to a place. */
export function copyVector(
  pager: PageReader,
  root: number,
  node: number,
  into: Uint8Array,
  at: number,
  byteLength: number,
): void {
  assert(locateInTree(pager, root, setNode(vectorKey, 1, node), 0, 5), "links lead to nodes that are there");
  Buffer.prototype.copy.call(located.bytes, into, at, located.start, located.start + byteLength);
}

/** The `_id`'s key of the document of a node. */
export function idKeyOf(pager: PageReader, root: number, node: number, dimensions: number): Uint8Array {
  assert(locateInTree(pager, root, setNode(vectorKey, 1, node), 0, 5), "a node that was found is there");
  return located.bytes.slice(located.start + 4 * dimensions, located.end);
}

/** Goes over all vectors, in the order of their nodes. */
export function vectorCursor(pager: PageReader, root: number): TreeCursor {
  return new TreeCursor(pager, root, VECTORS_RANGE, undefined, false);
}

/** Goes over all lists of links, the highest level first. */
export function linksCursor(pager: PageReader, root: number): TreeCursor {
  return new TreeCursor(pager, root, LINKS_RANGE, undefined, false);
}

/** A node as high as any, and its level; undefined in an empty graph. */
export function entryPoint(pager: PageReader, root: number): { node: number; level: number } | undefined {
  const cursor = linksCursor(pager, root);
  if (!cursor.next()) return undefined;
  return {
    level: MAX_LEVEL - cursor.page[cursor.keyStart + 1]!,
    node: numberIn(cursor.page, cursor.keyStart + 2),
  };
}

/**
 * Reads the neighbours of a node on a level. @returns how many there are; -1 where the node is not on that level
 */
export function readLinks(
  pager: PageReader,
  root: number,
  level: number,
  node: number,
  into: Uint32Array,
): number {
  linksKey[1] = MAX_LEVEL - level;
  if (!locateInTree(pager, root, setNode(linksKey, 2, node), 0, 6)) return -1;
  const { bytes, start } = located;
  const count = readU16(bytes, start);
  for (let i = 0, at = start + 2; i < count; i++, at += 4) into[i] = readU32(bytes, at);
  return count;
}

/** Writes the neighbours of a node on a level; the list's place has room for `capacity`. */
export function writeLinks(
  pager: PageWriter,
  root: number,
  level: number,
  node: number,
  links: Uint32Array,
  count: number,
  capacity: number,
): void {
  const value = new Uint8Array(2 + 4 * capacity);
  writeU16(value, 0, count);
  for (let i = 0, at = 2; i < count; i++, at += 4) writeU32(value, at, links[i]!);
  linksKey[1] = MAX_LEVEL - level;
  putInTree(pager, root, setNode(linksKey, 2, node).slice(), value, true);
}

/** Takes a node off a level. */
export function deleteLinks(pager: PageWriter, root: number, level: number, node: number): void {
  linksKey[1] = MAX_LEVEL - level;
  assert(deleteFromTree(pager, root, setNode(linksKey, 2, node).slice()), "a node is on its levels");
}

/** A node's number in a key. */
export function numberIn(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function setNode(key: Uint8Array, at: number, node: number): Uint8Array {
  key[at] = node >>> 24;
  key[at + 1] = node >>> 16;
  key[at + 2] = node >>> 8;
  key[at + 3] = node;
  return key;
}
