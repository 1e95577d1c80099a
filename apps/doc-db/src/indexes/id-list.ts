/** `_id`s of an index that are taken together, so that their documents are located together. */
import { type KeyList, MAX_WARM } from "../btree/leaf-hints.ts";
import { MAX_ID_KEY_BYTES } from "../collection-store.ts";
import type { IdSet } from "./id-set.ts";
import type { PostingCursor } from "./posting-cursor.ts";

const FREE_LISTS: KeyList[] = [];

/** A list of one's own: whoever looks at a document may read others meanwhile. */
export function takeIdList(): KeyList {
  return (
    FREE_LISTS.pop() ?? {
      bytes: new Uint8Array(MAX_WARM * MAX_ID_KEY_BYTES),
      starts: new Uint32Array(MAX_WARM),
      ends: new Uint32Array(MAX_WARM),
      count: 0,
    }
  );
}

/** Gives a list back to be used again. */
export function giveIdList(list: KeyList): void {
  FREE_LISTS.push(list);
}

/**
 * Takes the next `_id`s of an index together.
 * @returns how many were read, those that the sieve holds back too; `-1 - count` when there are no further ones
 */
export function gather(
  cursor: PostingCursor,
  ahead: KeyList,
  most: number,
  mostKeys: number,
  sieve: IdSet | undefined,
): number {
  let at = 0;
  let keys = 0;
  ahead.count = 0;
  while (ahead.count < most && keys < mostKeys) {
    if (!cursor.next()) return -1 - keys;
    keys++;
    const { bytes, idStart, idEnd } = cursor;
    if (sieve?.has(bytes, idStart, idEnd) === false) continue;
    ahead.starts[ahead.count] = at;
    for (let i = idStart; i < idEnd; i++) ahead.bytes[at++] = bytes[i]!;
    ahead.ends[ahead.count++] = at;
  }
  return keys;
}
