/** What a transaction of many documents puts into one index. */
import { type IndexEntry, indexesOf } from "../collection-page.ts";
import { documentView, lookupIn } from "../document/lookup.ts";
import { encodeSharedKey } from "../keys/encode-key.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import type { IndexDefinition } from "./definition.ts";
import { EntryList } from "./entry-list.ts";
import { keysOf } from "./keys.ts";
import { hasPostings } from "./posting-format.ts";
import { PostingWriter } from "./posting-writer.ts";
import { addToIndex, noteKeys } from "./store.ts";

/** The entries of many documents in one index. */
export interface IndexBatch {
  add(pager: PageWriter, page: Uint8Array, bytes: Uint8Array, idKey: Uint8Array): void;
  finish(pager: PageWriter): void;
}

/** Entries are gathered and put in sorted; those of unique indexes, of text and of vectors one document after the other. */
export function batchFor(index: IndexEntry): IndexBatch {
  const { name } = index.definition;
  if (hasPostings(index.definition)) return gatheringBatch(index);
  return {
    add: (pager, page, bytes, idKey) => {
      const current = indexesOf(page).find(({ definition }) => definition.name === name)!;
      addToIndex(pager, page, current, lookupIn(bytes), idKey);
    },
    finish: () => {},
  };
}

function gatheringBatch(index: IndexEntry): IndexBatch {
  const view = documentView();
  const { definition } = index;
  const entries = new EntryList();
  const plainName = plainField(definition);
  let current = index;
  return {
    add: (_pager, page, bytes, idKey) => {
      view.moveTo(bytes, 0, bytes.length);
      const value = plainName === undefined ? undefined : view(plainName);
      if (typeof value === "number" || typeof value === "boolean") {
        const key = encodeSharedKey(value);
        entries.add(key.bytes, key.length, idKey);
        return;
      }
      const found = keysOf(definition, view);
      if (found.keys.length === 0) return;
      if (noteKeys(page, current, found)) current = indexesOf(page).find(({ root }) => root === index.root)!;
      for (const key of found.keys) entries.add(key, key.length, idKey);
    },
    finish: (pager) => {
      const writer = new PostingWriter(pager, index.root);
      entries.eachSorted((key, idBytes) => writer.add(key, idBytes));
      writer.finish();
    },
  };
}

/** The one field whose numbers are the whole key of an index, where it has such a one. */
function plainField({ fields, partial, wildcard }: IndexDefinition): string | undefined {
  const field = fields[0]!;
  const isPlain =
    fields.length === 1 && field.kind === "value" && field.direction === 1 && field.parts.length === 1;
  return isPlain && partial === undefined && wildcard === undefined ? field.path : undefined;
}
