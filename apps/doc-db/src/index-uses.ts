/** How often indexes are read: counters in memory, of the newest pages of each database that is open. */
import type { Plan } from "./query/plan.ts";
import type { PageReader } from "./storage/page-reader.ts";

/** Counters of a database's indexes. */
export interface IndexUses {
  /** When counting began. */
  readonly since: Date;
  /** By the page of a collection, and by the name of an index. */
  readonly counts: Map<number, Map<string, number>>;
}

const USES = new WeakMap<PageReader, IndexUses>();

/** The counters of a database. @param pager - of its newest pages */
export function indexUsesOf(pager: PageReader): IndexUses {
  const known = USES.get(pager);
  if (known !== undefined) return known;
  const made: IndexUses = { since: new Date(), counts: new Map() };
  USES.set(pager, made);
  return made;
}

/** Counts the indexes that a plan reads, each once. */
export function countIndexUses(pager: PageReader, collection: number, { scans, isFullScan }: Plan): void {
  if (isFullScan) return;
  const { counts } = indexUsesOf(pager);
  let own = counts.get(collection);
  if (own === undefined) {
    own = new Map();
    counts.set(collection, own);
  }
  const only = scans[0];
  if (only !== undefined && scans.length === 1 && only.sieves.length === 0) {
    countOne(own, nameOf(only.index));
    return;
  }
  const indexes = scans.flatMap(({ index, sieves }) => [index, ...sieves.map((sieve) => sieve.index)]);
  for (const name of new Set(indexes.map(nameOf))) countOne(own, name);
}

function countOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function nameOf(index: Plan["scans"][number]["index"]): string {
  return index?.definition.name ?? "_id_";
}

/** Forgets an index, or all of a collection, that goes: others of its name begin anew. */
export function forgetIndexUses(pager: PageReader, collection: number, name?: string): void {
  const { counts } = indexUsesOf(pager);
  if (name === undefined) counts.delete(collection);
  else counts.get(collection)?.delete(name);
}
