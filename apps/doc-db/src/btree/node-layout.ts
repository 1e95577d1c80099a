/** Where the parts of a tree's node lie in its page (docs/formats/doc-db.md). */
import { PAGE_HEAD_BYTES } from "../storage/page-format.ts";

/** In the page's head: a page that says it is a leaf of a tree is one, wherever it was found. */
export const TREE_ROOT = 12;
export const COUNT: number = PAGE_HEAD_BYTES;
export const CELLS_START: number = PAGE_HEAD_BYTES + 2;
export const DEAD_BYTES: number = PAGE_HEAD_BYTES + 4;
export const LAST_CHILD: number = PAGE_HEAD_BYTES + 8;
export const SLOTS: number = PAGE_HEAD_BYTES + 12;
export const SLOT_BYTES = 2;
/** Head of a leaf's cell: bytes of the key, bytes of the value or {@link OVERFLOWING}. */
export const LEAF_HEAD_BYTES = 4;
/** Head of an interior cell: the child, bytes of the key. */
export const INTERIOR_HEAD_BYTES = 6;
/** In place of a value's length: its bytes are in a chain of overflow pages. */
export const OVERFLOWING = 0xffff;
/** What a cell holds in place of such a value: its length, the first page of the chain. */
export const OVERFLOW_REFERENCE_BYTES = 8;
/** Longest key: two cells with a key and a reference to overflow pages fit into the smallest page. */
export const MAX_KEY_BYTES = 1536;
