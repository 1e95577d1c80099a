import { assert } from "@millrace/base";
import type { EvictionOrder } from "./eviction-order.ts";

/** SIEVE, a use: one byte is set, nothing moves; that is why its hits are cheaper than LRU's. */
export function touchSieve(order: EvictionOrder, entry: number): void {
  order.visited[entry] = 1;
}

/**
 * SIEVE, the victim: the first entry from the hand on, oldest to newest, that is neither visited nor pinned.
 *
 * Visited entries that the hand passes lose their mark and stay; pinned ones stay as they are. One round clears
 * every mark, so that the second round must find a victim: the search is bounded by two rounds. The hand is left on
 * the victim, so that one whose removal fails is found again; taking it out moves the hand on.
 *
 * Source: Zhang et al., "SIEVE is simpler than LRU", NSDI 2024, algorithm 1.
 *
 * @param entryCount - entries in the list; at least one of them not pinned
 */
export function chooseSieveVictim(order: EvictionOrder, entryCount: number): number {
  const newer = order.newer;
  const visited = order.visited;
  const pins = order.pins;
  let entry = order.hand;
  let victim = 0;
  // Two rounds, each over every entry and the sentinel.
  for (let step = 2 * (entryCount + 1); step > 0 && victim === 0; step--) {
    if (entry !== 0 && pins[entry] === 0) {
      if (visited[entry] === 0) victim = entry;
      visited[entry] = 0;
    }
    if (victim === 0) entry = newer[entry]!;
  }
  assert(victim !== 0, "the hand finds a victim within two rounds");
  order.hand = victim;
  return victim;
}
