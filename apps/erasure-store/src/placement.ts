import { createHash } from "node:crypto";
import { InvalidArgumentError, readU32 } from "@millrace/base";

/** What placement knows of a backend. */
export interface Place {
  readonly name: string;
  /** Its share, compared with others. */
  readonly weight: number;
  /** What is lost together: a disk, a machine, a room. */
  readonly domain: string;
}

/**
 * Refuses a store in which the loss of one failure domain would lose objects: each may hold `parityShards` shards of
 * an object at the most.
 * @throws InvalidArgumentError `STORE_BACKENDS_TOO_FEW`
 */
export function checkPlacement(places: readonly Place[], dataShards: number, parityShards: number): void {
  const total = dataShards + parityShards;
  // An object in one piece survives nothing, wherever it is.
  if (parityShards === 0 && places.length > 0) return;
  const domains = new Set(places.map(({ domain }) => domain)).size;
  const needed = Math.ceil(total / Math.max(1, parityShards));
  if (domains >= needed) return;
  const most = domains === 0 ? total : Math.ceil(total / domains);
  const what = domains === places.length ? "backend" : "failure domain";
  throw new InvalidArgumentError(
    "STORE_BACKENDS_TOO_FEW",
    `number of ${what}s`,
    domains,
    `${needed} or more: with ${dataShards}+${parityShards} shards one ${what} would hold ${most} of an object, and losing more than ${parityShards} loses it`,
  );
}

/**
 * The backend of each shard of an object, by weighted rendezvous hashing: when a backend comes or goes, only the
 * shards move that belong to it. A backend gets a second shard when all have one, and no domain more than may be lost.
 *
 * Source: Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005: the score is -weight / ln(hash).
 *
 * @param key - of `objectKey`
 * @returns names of backends, by shard number
 */
export function placeShards(
  key: string,
  places: readonly Place[],
  dataShards: number,
  parityShards: number,
): string[] {
  const ranked = places
    .map((place) => ({ place, score: scoreOf(key, place) }))
    .sort((a, b) => b.score - a.score)
    .map(({ place }) => place);
  const limit = Math.max(1, parityShards);
  const perDomain = new Map<string, number>();
  const chosen: string[] = [];
  const total = dataShards + parityShards;
  while (chosen.length < total) {
    const before = chosen.length;
    for (const { name, domain } of ranked) {
      const count = perDomain.get(domain) ?? 0;
      if (chosen.length === total || count >= limit) continue;
      perDomain.set(domain, count + 1);
      chosen.push(name);
    }
    // All domains are full: those that are left to choose from are too few. The caller gets what there is.
    if (chosen.length === before) break;
  }
  return chosen;
}

function scoreOf(key: string, { name, weight }: Place): number {
  const digest = createHash("sha256").update(`${key}\n${name}`).digest();
  // 48 bits, and never 0 or 1, whose logarithms are of no use.
  const hash = (readU32(digest, 0) * 65_536 + (readU32(digest, 4) & 65_535) + 0.5) / 2 ** 48;
  return -weight / Math.log(hash);
}
