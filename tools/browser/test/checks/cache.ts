import { crc32c, seededRandom } from "@millrace/base";
import { PageCache } from "@millrace/cache";

/** What a trace of 20,000 page numbers does to the caches of @millrace/cache: counters, and who went when. */
export function checkCache(): object {
  return { sieve: trace("sieve"), lru: trace("lru") };
}

function trace(policy: "sieve" | "lru"): object {
  const random = seededRandom(17);
  const evicted: number[] = [];
  const cache = new PageCache<number>({
    policy,
    capacityBytes: 200 * 4096,
    onEvict: (key, _page, isDirty) => evicted.push(isDirty ? -key : key),
  });
  for (let i = 0; i < 20_000; i++) {
    const key = Math.floor(1000 * random.next() ** 3) + (i % 500 === 0 ? 2 ** 40 : 0);
    if (cache.get(key) !== undefined) continue;
    cache.set(key, i, 4096);
    if (i % 3 === 0) cache.markDirty(key);
  }
  const order = new Uint8Array(Float64Array.from(evicted).buffer);
  return { ...cache.statistics, order: crc32c(order), dirty: cache.dirtyKeys().length };
}
