/** `$text`: postings of an index's words, scored by BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework). */
import { assert } from "@millrace/base";
import { scanTree } from "./btree/scan.ts";
import { getFromTree } from "./btree/tree.ts";
import { findCollection } from "./catalog.ts";
import { type IndexEntry, indexesOf, primaryRootOf } from "./collection-page.ts";
import { lookupIn } from "./document/lookup.ts";
import type { Match } from "./fetch.ts";
import { valueKey } from "./indexes/key-parts.ts";
import { TEXT_EXTRA_BYTES, wordKey } from "./indexes/text-keys.ts";
import { textTotals } from "./indexes/text-totals.ts";
import { compareBytes } from "./keys/compare.ts";
import { idKeyIn } from "./keys/index-keys.ts";
import { fail } from "./mql/error.ts";
import type { CompiledFilter } from "./query/filter.ts";
import { searchedWords, type TextQuery, textTest } from "./query/text-query.ts";
import type { Executor } from "./storage/executor.ts";
import type { PageReader } from "./storage/page-reader.ts";
import type { FetchCounters } from "./take.ts";

/** The usual weights: how fast more of a word counts less, and how much long documents count less. */
const K1 = 1.2;
const B = 0.75;
const BATCH_DOCUMENTS = 256;
const MAX_POSTINGS = 2_000_000;

interface Found {
  readonly idKey: Uint8Array;
  score: number;
}

/** Gives the matches of a `$text`, the best first. @throws LanguageError 27 when the collection has no text index */
export async function* fetchText(
  engine: Executor,
  name: string,
  filter: CompiledFilter,
  query: TextQuery,
  counters: FetchCounters,
): AsyncGenerator<Match[], void, undefined> {
  const { found, index } = await engine.read((pager) => search(pager, name, filter, query, counters));
  if (index === undefined) return;
  const test = textTest(query, index.definition.text!);
  for (let i = 0; i < found.length; i += BATCH_DOCUMENTS) {
    const part = found.slice(i, i + BATCH_DOCUMENTS);
    const matches = await engine.read((pager) => {
      const collection = findCollection(pager, name);
      if (collection === undefined) return [];
      const root = primaryRootOf(pager.read(collection));
      return part.flatMap(({ idKey, score }): Match[] => {
        const bytes = getFromTree(pager, root, idKey);
        counters.documentsExamined++;
        // Taken out since it was found.
        if (bytes === undefined) return [];
        const lookup = lookupIn(bytes);
        return filter.matches(lookup) && test(lookup) ? [{ idKey, bytes, score }] : [];
      });
    });
    if (matches.length > 0) yield matches;
  }
}

function search(
  pager: PageReader,
  name: string,
  filter: CompiledFilter,
  query: TextQuery,
  counters: FetchCounters,
): { found: Found[]; index: IndexEntry | undefined } {
  const collection = findCollection(pager, name);
  if (collection === undefined) return { found: [], index: undefined };
  const index = indexesOf(pager.read(collection)).find(
    ({ definition }) => definition.text !== undefined && !definition.isHidden,
  );
  if (index === undefined) return fail(27, "$text", name, "a text index on the collection");
  const totals = textTotals(pager, index.root);
  const average = totals.words / Math.max(totals.documents, 1);
  const prefix = prefixOf(index, filter);
  const found = new Map<string, Found>();
  for (const word of searchedWords(query, index.definition.text!)) {
    const key = wordKey(prefix, word.slice(0, 100));
    const postings = scanTree(
      pager,
      index.root,
      { lo: key, hi: key },
      undefined,
      MAX_POSTINGS + 1,
      Number.POSITIVE_INFINITY,
    );
    if (postings.length > MAX_POSTINGS)
      fail(292, "$text", word, `words in at most ${MAX_POSTINGS} documents`);
    counters.keysExamined += postings.length;
    const rarity = Math.log(1 + (totals.documents - postings.length + 0.5) / (postings.length + 0.5));
    for (const posting of postings) {
      const { count, words } = readExtra(posting.value);
      const score = (rarity * count * (K1 + 1)) / (count + K1 * (1 - B + (B * words) / average));
      const idKey = idKeyIn(posting.key, posting.value);
      const text = Buffer.from(idKey).toString("latin1");
      const known = found.get(text);
      if (known === undefined) found.set(text, { idKey, score });
      else known.score += score;
    }
  }
  const ordered = [...found.values()].sort((a, b) => b.score - a.score || compareBytes(a.idKey, b.idKey));
  return { found: ordered, index };
}

/** The fields before the text must have one value each, as MongoDB has it. */
function prefixOf({ definition }: IndexEntry, filter: CompiledFilter): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of definition.fields) {
    if (field.kind === "text") break;
    const equal = filter.conditions.find(({ path, operator }) => path === field.path && operator === "$eq");
    if (equal === undefined)
      return fail(2, "$text", field.path, "a value that the field in front of the text is equal to");
    parts.push(valueKey(definition, field.direction, equal.operand));
  }
  return Buffer.concat(parts);
}

function readExtra(value: Uint8Array): { count: number; words: number } {
  assert(value.length === 2 + TEXT_EXTRA_BYTES, "a text index's entry has a count");
  const view = new DataView(value.buffer, value.byteOffset);
  return { count: view.getFloat32(2), words: view.getUint32(6) };
}
