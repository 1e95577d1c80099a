/** How many documents and words a text index holds: an entry in front of all others. */
import { getFromTree, putInTree } from "../btree/tree.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";

/** Below the first byte of every encoded value. */
const TOTALS_KEY = Uint8Array.of(1);

/** What a score needs to know of all documents together. */
export interface TextTotals {
  readonly documents: number;
  readonly words: number;
}

export function textTotals(pager: PageReader, root: number): TextTotals {
  const bytes = getFromTree(pager, root, TOTALS_KEY);
  if (bytes === undefined) return { documents: 0, words: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { documents: view.getFloat64(0), words: view.getFloat64(8) };
}

/** @param extra - of one of the document's entries */
export function addToTextTotals(pager: PageWriter, root: number, sign: 1 | -1, extra: Uint8Array): void {
  const { documents, words } = textTotals(pager, root);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, documents + sign);
  view.setFloat64(8, words + sign * new DataView(extra.buffer, extra.byteOffset).getUint32(4));
  putInTree(pager, root, TOTALS_KEY, bytes, true);
}
