import { seededRandom } from "@millrace/base";
import { PageCache } from "@millrace/cache";
import { LRUCache } from "lru-cache";
import type { BenchmarkCase } from "../../case.ts";

const ENTRIES = 10_000;
const KEYS = 100_000;
const OPERATIONS = 1_000_000;

/** Keys whose frequency falls with their rank (exponent 1), as pages of a database have it. */
function zipfKeys(): Uint32Array {
  const cumulative = new Float64Array(KEYS);
  let sum = 0;
  for (let rank = 0; rank < KEYS; rank++) {
    sum += 1 / (rank + 1);
    cumulative[rank] = sum;
  }
  const random = seededRandom(3);
  return Uint32Array.from({ length: OPERATIONS }, () => {
    const wanted = random.next() * sum;
    let lo = 0;
    for (let hi = KEYS - 1; lo < hi; ) {
      const middle = (lo + hi) >> 1;
      if (cumulative[middle]! < wanted) lo = middle + 1;
      else hi = middle;
    }
    // Spread over the key space, so that neighbouring ranks are no neighbouring keys.
    return Math.imul(lo, 2654435761) >>> 0;
  });
}

/** Gets a page or puts it in: 1 M operations over 100 k keys, 10 k of them cached; lru-cache does the same. */
export const benchmark: BenchmarkCase = {
  unit: "operations",
  amount: OPERATIONS,
  ours: {
    name: "millrace (SIEVE)",
    prepare: async () => {
      const keys = zipfKeys();
      const cache = new PageCache<number>({ capacityEntries: ENTRIES, capacityBytes: ENTRIES });
      return () => {
        for (let i = 0; i < keys.length; i++) {
          const key = keys[i]!;
          const found = cache.get(key);
          if (found === undefined) cache.set(key, key, 1);
          else if (found !== key) throw new Error("another key's value");
        }
      };
    },
  },
  peers: [
    {
      name: "lru-cache",
      prepare: async () => {
        const keys = zipfKeys();
        const cache = new LRUCache<number, number>({ max: ENTRIES });
        return () => {
          for (let i = 0; i < keys.length; i++) {
            const key = keys[i]!;
            if (cache.get(key) === undefined) cache.set(key, key);
          }
        };
      },
    },
  ],
};
