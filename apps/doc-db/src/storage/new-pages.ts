/**
 * New pages that a commit writes to their places at once, and not to the log: of a large insertion each byte is then
 * written once. They may, as nothing that is committed refers to what is there, and the log names them only once the
 * file is durable. They should, where they will hardly be changed soon, since the next change brings them into the log
 * as a whole.
 */
import { freeBytes } from "../btree/node-change.ts";
import { PAGE_TYPE } from "./page-format.ts";

/** Fewer pages, in bytes, do not make up for one more sync. */
const LEAST_BYTES = 512 * 1024;
/** A leaf with less room than this part of it is full, about. */
const FULL_FRACTION = 4;

/**
 * Those of a commit that are worth it: overflow pages, and full leaves.
 * @param changed - pages by their numbers, as they were before; new ones undefined
 */
export function chooseNewPages(
  changed: ReadonlyMap<number, Uint8Array | undefined>,
  pageOf: (number: number) => Uint8Array,
): Set<number> {
  const chosen = new Set<number>();
  let byteLength = 0;
  for (const [number, before] of changed) {
    if (before !== undefined) continue;
    const page = pageOf(number);
    if (!isFull(page)) continue;
    chosen.add(number);
    byteLength += page.length;
  }
  return byteLength < LEAST_BYTES ? new Set() : chosen;
}

function isFull(page: Uint8Array): boolean {
  if (page[4] === PAGE_TYPE.overflow) return true;
  return page[4] === PAGE_TYPE.leaf && freeBytes(page) < page.length / FULL_FRACTION;
}
