/** Lists of field names that a file has, in the tree of the catalog (docs/formats/doc-db.md, "Names"). */
import { isMillraceError } from "@millrace/base";
import { scanTree } from "./btree/scan.ts";
import { getFromTree, putInTree } from "./btree/tree.ts";
import { type FieldNames, idOfNames, LIST_ID_BYTES, loadFieldNames } from "./document/field-names.ts";
import { CATALOG_PAGE } from "./storage/page-format.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { PageWriter } from "./storage/page-writer.ts";

/** First byte of such a key: no collection's name has it. */
const NAMES_MARK = 0;
const NAMES_PREFIX: Uint8Array = Uint8Array.of(NAMES_MARK);

/** Sees to it that the file has the lists that a document needs, in the transaction that puts it in. */
export function keepFieldNames(pager: PageWriter, lists: readonly FieldNames[]): void {
  const { keptNames } = pager;
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i]!;
    if (keptNames?.has(list) === true) continue;
    const key = keyOf(list);
    if (getFromTree(pager, CATALOG_PAGE, key) === undefined)
      putInTree(pager, CATALOG_PAGE, key, list.bytes, true);
    keptNames?.add(list);
  }
}

/** Whether a key of the catalog is that of a list, and no collection's name. */
export function isNamesKey(key: Uint8Array): boolean {
  return key.length === 1 + LIST_ID_BYTES && key[0] === NAMES_MARK;
}

/** Takes in the lists of a file that is being opened; what is damaged is left to those who read it. */
export function loadNames(pager: PageReader): void {
  const range = { lo: NAMES_PREFIX, hi: NAMES_PREFIX };
  const most = Number.POSITIVE_INFINITY;
  const entries = unlessDamaged(() => scanTree(pager, CATALOG_PAGE, range, undefined, most, most)) ?? [];
  for (const { key, value } of entries)
    unlessDamaged(() => loadFieldNames(key.subarray(1), value, pager.path));
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isMillraceError(error) && /_(CORRUPT|MISSING)$/.test(error.code)) return undefined;
    throw error;
  }
}

function keyOf(list: FieldNames): Uint8Array {
  const key = new Uint8Array(1 + LIST_ID_BYTES);
  key[0] = NAMES_MARK;
  key.set(idOfNames(list), 1);
  return key;
}
