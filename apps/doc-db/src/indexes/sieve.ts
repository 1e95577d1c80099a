/** Gathers the `_id`s of an intersection of indexes. */
import { TreeCursor } from "../btree/cursor.ts";
import { ALL_KEYS } from "../btree/key-range.ts";
import { inputName, MAX_SIEVE_KEYS, type Sieve } from "../query/intersect.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { IdSet } from "./id-set.ts";
import { PostingCursor } from "./posting-cursor.ts";
import { wholeNumberIn } from "./posting-format.ts";

/** Bits for each `_id` that is gathered, and in all, at the most: 8 MiB. */
const MAX_BITS_A_KEY = 128;
const MAX_BITS = 2 ** 26;

/**
 * The `_id`s that are in all the sieves.
 * @param count - is told how many keys were read of each, by {@link inputName}
 * @returns undefined where they are far more than was thought: the filter alone decides then
 */
export function gatherIds(
  pager: PageReader,
  primary: number,
  sieves: readonly Sieve[],
  count: (input: string, keys: number) => void,
): IdSet | undefined {
  const fewest = Math.min(...sieves.map(({ keys }) => keys));
  const numbers = numbersOf(pager, primary, Math.min(MAX_BITS, fewest * MAX_BITS_A_KEY));
  let all: IdSet | undefined;
  for (const { index, ranges } of sieves) {
    const set = new IdSet(numbers);
    let keys = 0;
    for (const range of ranges) {
      const cursor = new PostingCursor(pager, index.root, range, undefined, false);
      while (keys <= MAX_SIEVE_KEYS && cursor.next()) {
        set.add(cursor.bytes, cursor.idStart, cursor.idEnd);
        keys++;
      }
    }
    count(inputName({ index, ranges }), keys);
    if (keys > MAX_SIEVE_KEYS) return all;
    set.seal();
    if (all === undefined) all = set;
    else all.and(set);
  }
  return all;
}

/** The lowest and the highest `_id` of a collection, when they are numbers that lie close together. */
function numbersOf(pager: PageReader, primary: number, maxBits: number): [number, number] | undefined {
  const ends = [false, true].map((isDescending) => {
    const cursor = new TreeCursor(pager, primary, ALL_KEYS, undefined, isDescending);
    return cursor.next() ? wholeNumberIn(cursor.page, cursor.keyStart, cursor.keyEnd) : -1;
  });
  const [first, last] = ends as [number, number];
  return first < 0 || last < first || last - first >= maxBits ? undefined : [first, last];
}
