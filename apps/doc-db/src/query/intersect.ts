/** Which indexes a query reads together: one leads to the documents, of others the `_id`s sort out what it leads to. */
import type { KeyRange } from "../btree/key-range.ts";
import type { IndexEntry } from "../collection-page.ts";
import type { Candidate } from "./candidates.ts";

/** Ranges of an index whose `_id`s alone are read, to leave documents out that are not among them. */
export interface Sieve {
  readonly index: IndexEntry;
  readonly ranges: readonly KeyRange[];
  /** About how many `_id`s they have. */
  readonly keys: number;
}

/** How large things are: of the collection, and about of ranges of an index. */
export interface Sizes {
  readonly documents: number;
  estimate(index: IndexEntry, ranges: readonly KeyRange[]): number;
}

/** What an index leads to with fewer documents is not worth a second index. */
const MIN_DOCUMENTS = 32;
/** An `_id` of an index costs this part of a look at a document. */
const KEY_COST = 1 / 8;
/** Another index than the one with the best kind of condition leads the way when it has this part of its documents. */
const MUCH_FEWER = 1 / 4;
/** Most `_id`s that are gathered of an index before the first document is read. */
export const MAX_SIEVE_KEYS: number = 2 ** 19;

/** An index that leads to the documents, and those beside it. */
export interface Intersection {
  readonly driver: Candidate;
  readonly sieves: readonly Sieve[];
}

/**
 * Takes as many indexes as make the whole cheaper, if the conditions have nothing to do with each other.
 * @param chosen - one of the candidates
 * @param isOrderFree - whether another one may lead
 * @param wanted - how many matches are needed, where that is known and they need not be sorted
 */
export function intersect(
  chosen: Candidate,
  candidates: readonly Candidate[],
  { documents, estimate }: Sizes,
  isOrderFree: boolean,
  wanted: number | undefined,
): Intersection {
  const alone: Intersection = { driver: chosen, sieves: [] };
  const { index: first } = chosen;
  const others = candidates.filter((other) => other.index !== first && isSieve(other));
  if (first === undefined || !isSieve(chosen) || others.length === 0) return alone;
  let driver = { ...chosen, keys: estimate(first, chosen.bounds.ranges) };
  if (driver.keys < MIN_DOCUMENTS) return alone;
  const sized = [
    driver,
    ...others.map((each) => ({ ...each, keys: estimate(each.index!, each.bounds.ranges) })),
  ];
  sized.sort((a, b) => a.keys - b.keys);
  if (isOrderFree && sized[0]!.keys < driver.keys * MUCH_FEWER) driver = sized[0]!;
  const sieves: Sieve[] = [];
  const paths = new Set(driver.bounds.paths);
  let looks = driver.keys;
  for (const { index, bounds, keys } of sized) {
    if (bounds.paths.every((path) => paths.has(path)) || keys > MAX_SIEVE_KEYS) continue;
    const passing = Math.min(1, keys / Math.max(1, documents));
    // A query that needs few matches ends before it has looked at all.
    const needed = wanted === undefined ? looks : Math.min(looks, wanted / Math.max(passing, 1e-9));
    if (needed < MIN_DOCUMENTS || keys * KEY_COST >= needed * (1 - passing)) continue;
    sieves.push({ index: index!, ranges: bounds.ranges, keys });
    for (const path of bounds.paths) paths.add(path);
    looks *= passing;
  }
  return { driver: driver.index === first ? chosen : driver, sieves };
}

/** Wildcard indexes have no telling whether they have the same condition as another index. */
function isSieve({ index }: Candidate): boolean {
  return index !== undefined && index.definition.wildcard === undefined;
}
