import { assert } from "@millrace/base";
import { type EvictionOrder, linkNewest, unlinkEntry } from "./eviction-order.ts";

/** LRU, a use: the entry becomes the newest. */
export function touchLru(order: EvictionOrder, entry: number): void {
  if (order.older[0] === entry) return;
  unlinkEntry(order, entry);
  linkNewest(order, entry);
}

/** LRU, the victim: the oldest entry that is not pinned. At least one such entry must be there. */
export function chooseLruVictim(order: EvictionOrder): number {
  const newer = order.newer;
  const pins = order.pins;
  let entry = newer[0]!;
  while (entry !== 0 && pins[entry]! > 0) entry = newer[entry]!;
  assert(entry !== 0, "an entry that is not pinned is in the list");
  return entry;
}
