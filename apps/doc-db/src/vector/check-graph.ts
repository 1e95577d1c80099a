/** Whether a vector index holds together: its vectors, and the links of its graph. */
import { readU16, readU32 } from "@millrace/base";
import type { Located } from "../btree/tree.ts";
import type { FieldLookup } from "../query/filter.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { levelOf } from "./graph-change.ts";
import { MAX_LINKS } from "./graph-search.ts";
import { indexedVector, type VectorTree } from "./vector-index.ts";
import {
  copyVector,
  linksCursor,
  MAX_LEVEL,
  nodeOf,
  numberIn,
  readLinks,
  readState,
  vectorCursor,
} from "./vector-tree.ts";

/** Whether the index has the vector of a document, and it alone. */
export function isVectorKept(
  pager: PageReader,
  { root, definition }: VectorTree,
  lookup: FieldLookup,
  idKey: Uint8Array,
): boolean {
  const vector = indexedVector(definition.vector!, lookup);
  const node = nodeOf(pager, root, idKey);
  if (vector === undefined || node === undefined) return vector === undefined && node === undefined;
  const kept = new Uint8Array(vector.byteLength);
  copyVector(pager, root, node, kept, 0, kept.length);
  return Buffer.compare(kept, new Uint8Array(vector.buffer)) === 0;
}

/** How many vectors an index has, of which each is on all its levels. @returns what is wrong */
export function checkGraph(pager: PageReader, { root, definition }: VectorTree): string[] {
  const { method, m } = definition.vector!;
  const problems: string[] = [];
  const links = new Uint32Array(MAX_LINKS + 1);
  const { count, next } = readState(pager, root);
  let vectors = 0;
  let levels = 0;
  for (const cursor = vectorCursor(pager, root); cursor.next(); vectors++) {
    const node = numberIn(cursor.page, cursor.keyStart + 1);
    if (node >= next) problems.push(`node ${node} has a number that was not given yet`);
    if (method === "exact") continue;
    for (let level = levelOf(node, m); level >= 0; level--, levels++)
      if (readLinks(pager, root, level, node, links) < 0)
        problems.push(`node ${node} is not on level ${level}`);
  }
  if (vectors !== count) problems.push(`${vectors} vectors, counted as ${count}`);
  const place: Located = { bytes: new Uint8Array(0), start: 0, end: 0 };
  let lists = 0;
  for (const cursor = linksCursor(pager, root); cursor.next(); lists++) {
    cursor.value(place);
    const level = MAX_LEVEL - cursor.page[cursor.keyStart + 1]!;
    const node = numberIn(cursor.page, cursor.keyStart + 2);
    const { bytes, start } = place;
    const own = new Set<number>();
    for (let i = readU16(bytes, start) - 1; i >= 0; i--) own.add(readU32(bytes, start + 2 + 4 * i));
    if (own.size !== readU16(bytes, start)) problems.push(`node ${node} has a link twice on level ${level}`);
    for (const other of own) {
      const known = readLinks(pager, root, level, other, links);
      if (known < 0 || !links.subarray(0, known).includes(node))
        problems.push(`node ${node} knows ${other} on level ${level}, which does not know it`);
    }
  }
  if (lists !== levels) problems.push(`${lists} lists of links for ${levels} places`);
  return problems;
}
