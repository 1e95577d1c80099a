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
  /** Whether all documents fit into the memory for pages. */
  readonly areCached: boolean;
  estimate(index: IndexEntry, ranges: readonly KeyRange[]): number;
}

/** What an index leads to with fewer documents is not worth a second index. */
const MIN_DOCUMENTS = 32;
/** An `_id` of an index costs this part of a look at a document, where that is in memory or perhaps has to be read. */
const KEY_COST = 1 / 8;
const KEY_COST_BESIDE_READS = 1 / 64;
/** Another index than the one with the best kind of condition leads the way when it has this part of its documents. */
const MUCH_FEWER = 1 / 4;
/** Most `_id`s that are gathered of an index before the first document is read. */
export const MAX_SIEVE_KEYS: number = 2 ** 19;

/** The name by which the keys of one of several inputs are counted. */
export function inputName({ index, ranges }: Pick<Sieve, "index" | "ranges">): string {
  return `${index.definition.name} from ${Buffer.from(ranges[0]?.lo ?? []).toString("hex")}`;
}

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
  { documents, areCached, estimate }: Sizes,
  isOrderFree: boolean,
  wanted: number | undefined,
): Intersection {
  const alone: Intersection = { driver: chosen, sieves: [] };
  if (candidates.length === 1) return alone;
  const others = candidates.filter((other) => other !== chosen && isSieve(other));
  if (!isSieve(chosen) || others.length === 0) return alone;
  const sizeOf = (candidate: Candidate): Sized => {
    const { index, bounds } = candidate;
    return { candidate, index: index!, bounds, keys: estimate(index!, bounds.ranges) };
  };
  let driver = sizeOf(chosen);
  if (driver.keys < MIN_DOCUMENTS) return alone;
  const sized = [driver, ...others.map(sizeOf)].sort((a, b) => a.keys - b.keys);
  if (isOrderFree && sized[0]!.keys < driver.keys * MUCH_FEWER) driver = sized[0]!;
  const sieves: Sieve[] = [];
  const subjects = new Set(driver.bounds.subjects);
  const keyCost = areCached ? KEY_COST : KEY_COST_BESIDE_READS;
  let looks = driver.keys;
  for (const { index, bounds, keys } of sized) {
    if (bounds.subjects.every((subject) => subjects.has(subject)) || keys > MAX_SIEVE_KEYS) continue;
    const passing = Math.min(1, keys / Math.max(1, documents));
    // A query that needs few matches ends before it has looked at all.
    const needed = wanted === undefined ? looks : Math.min(looks, wanted / Math.max(passing, 1e-9));
    if (needed < MIN_DOCUMENTS || keys * keyCost >= needed * (1 - passing)) continue;
    sieves.push({ index, ranges: bounds.ranges, keys });
    for (const subject of bounds.subjects) subjects.add(subject);
    looks *= passing;
  }
  return { driver: driver.candidate, sieves };
}

interface Sized {
  readonly candidate: Candidate;
  readonly index: IndexEntry;
  readonly bounds: Candidate["bounds"];
  readonly keys: number;
}

/** Wildcard indexes have no telling whether they have the same condition as another index. */
function isSieve({ index }: Candidate): boolean {
  return index !== undefined && index.definition.wildcard === undefined;
}
