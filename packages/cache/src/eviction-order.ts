/**
 * The order in which entries came or were used: a doubly linked list threaded through typed arrays by entry number.
 *
 * Entry 0 is a sentinel that closes the list to a ring, so that no link needs a special case: `newer[0]` is the
 * oldest entry, `older[0]` the newest, and an empty list links 0 to itself. Pinned entries stay in the list and are
 * passed over: a page that is pinned for each access would otherwise lose its place each time.
 */
export interface EvictionOrder {
  newer: Int32Array;
  older: Int32Array;
  /** SIEVE: 1 when the entry was used since the hand last passed it. */
  visited: Uint8Array;
  /** How often each entry is pinned; an entry above 0 is no victim. */
  pins: Int32Array;
  /** SIEVE: where the next search for a victim starts, going to newer entries; 0 stands before the oldest. */
  hand: number;
}

/** Makes an empty order with room for `entryCapacity` entries. */
export function createEvictionOrder(entryCapacity: number): EvictionOrder {
  return {
    newer: new Int32Array(entryCapacity + 1),
    older: new Int32Array(entryCapacity + 1),
    visited: new Uint8Array(entryCapacity + 1),
    pins: new Int32Array(entryCapacity + 1),
    hand: 0,
  };
}

/** Makes room for `entryCapacity` entries; every entry keeps its number and place. */
export function growEvictionOrder(order: EvictionOrder, entryCapacity: number): void {
  const grown = createEvictionOrder(entryCapacity);
  grown.newer.set(order.newer);
  grown.older.set(order.older);
  grown.visited.set(order.visited);
  grown.pins.set(order.pins);
  order.newer = grown.newer;
  order.older = grown.older;
  order.visited = grown.visited;
  order.pins = grown.pins;
}

/** Adds an entry as the newest, unvisited. */
export function linkNewest(order: EvictionOrder, entry: number): void {
  const newest = order.older[0]!;
  order.newer[newest] = entry;
  order.older[entry] = newest;
  order.newer[entry] = 0;
  order.older[0] = entry;
  order.visited[entry] = 0;
}

/** Takes an entry out; a hand that stood on it moves on to the next newer one. */
export function unlinkEntry(order: EvictionOrder, entry: number): void {
  const newer = order.newer[entry]!;
  const older = order.older[entry]!;
  order.newer[older] = newer;
  order.older[newer] = older;
  if (order.hand === entry) order.hand = newer;
}
