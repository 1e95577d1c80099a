import { describe, expect, test } from "vitest";
import { type CachePolicy, PageCache } from "../src/index.ts";

const POLICIES: readonly CachePolicy[] = ["sieve", "lru"];

/** A cache of `capacityEntries` entries of one byte; `evicted` collects what left. */
function smallCache(policy: CachePolicy, capacityEntries: number, evicted: number[] = []): PageCache<string> {
  return new PageCache<string>({ policy, capacityEntries, onEvict: (key) => evicted.push(key) });
}

test("SIEVE, worked by hand: visited entries survive the hand once, and the hand keeps its place", () => {
  // A to G from newest to oldest, A, B and G visited. H clears G and evicts F; D is used; I evicts E, where the
  // hand stands; J clears D and evicts C.
  const keys = { A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, I: 9, J: 10 };
  const evicted: number[] = [];
  const cache = smallCache("sieve", 7, evicted);
  for (const name of ["G", "F", "E", "D", "C", "B", "A"] as const) cache.set(keys[name], name, 1);
  for (const name of ["A", "B", "G"] as const) cache.get(keys[name]);
  for (const name of ["H", "A", "D", "I", "B", "J"] as const) {
    if (cache.get(keys[name]) === undefined) cache.set(keys[name], name, 1);
  }
  expect(evicted).toEqual([keys.F, keys.E, keys.C]);
});

test("LRU evicts the entry whose last use is the oldest", () => {
  const evicted: number[] = [];
  const cache = smallCache("lru", 3, evicted);
  for (const key of [1, 2, 3]) cache.set(key, "v", 1);
  cache.get(1);
  cache.set(2, "again", 1);
  cache.set(4, "v", 1);
  cache.set(5, "v", 1);
  expect(evicted).toEqual([3, 1]);
});

test("peek and has leave order and statistics alone", () => {
  const evicted: number[] = [];
  const cache = smallCache("lru", 2, evicted);
  cache.set(1, "one", 1);
  cache.set(2, "two", 1);
  expect(cache.peek(1)).toBe("one");
  expect(cache.peek(9)).toBeUndefined();
  expect(cache.has(1)).toBe(true);
  cache.set(3, "three", 1);
  expect(evicted).toEqual([1]);
  expect(cache.statistics).toMatchObject({ hits: 0, misses: 0 });
});

test("keys that agree in their low 32 bits are different keys", () => {
  const cache = smallCache("sieve", 100);
  const keys = Array.from({ length: 60 }, (_, i) => 7 + i * 2 ** 32);
  for (const key of keys) cache.set(key, `page ${key}`, 1);
  for (const key of keys) expect(cache.get(key)).toBe(`page ${key}`);
  expect(cache.get(7 + 60 * 2 ** 32)).toBeUndefined();
});

test("the greatest key works, and -0 is 0", () => {
  const cache = smallCache("lru", 4);
  cache.set(Number.MAX_SAFE_INTEGER, "last", 1);
  cache.set(-0, "first", 1);
  cache.markDirty(0);
  expect(cache.get(Number.MAX_SAFE_INTEGER)).toBe("last");
  expect(cache.get(0)).toBe("first");
  expect(Object.is(cache.dirtyKeys()[0], 0)).toBe(true);
});

test("undefined is a value like any other to has", () => {
  const cache = new PageCache<undefined>();
  cache.set(1, undefined, 0);
  expect(cache.has(1)).toBe(true);
});

for (const policy of POLICIES) {
  describe(policy, () => {
    test("a single place is reused for each key", () => {
      const evicted: number[] = [];
      const cache = smallCache(policy, 1, evicted);
      for (let key = 0; key < 5; key++) cache.set(key, "v", 1);
      expect(evicted).toEqual([0, 1, 2, 3]);
      expect(cache.get(4)).toBe("v");
    });

    test("a value of exactly the capacity empties the cache for itself, one byte more is refused", () => {
      const cache = new PageCache<string>({ policy, capacityBytes: 10 });
      cache.set(1, "a", 5);
      cache.set(2, "b", 5);
      cache.set(3, "c", 10);
      expect(cache.statistics).toMatchObject({ entries: 1, bytes: 10, evictions: 2 });
      expect(() => cache.set(4, "d", 11)).toThrow(
        expect.objectContaining({ code: "CACHE_VALUE_TOO_LARGE", requiredBytes: 11, limitBytes: 10 }),
      );
      expect(cache.get(3)).toBe("c");
    });

    test("a value that grows under its key evicts others, never itself", () => {
      const evicted: number[] = [];
      const cache = new PageCache<string>({ policy, capacityBytes: 10, onEvict: (key) => evicted.push(key) });
      for (const key of [1, 2, 3, 4, 5]) cache.set(key, "v", 2);
      cache.set(1, "grown", 8);
      expect(cache.get(1)).toBe("grown");
      expect(evicted).toEqual([2, 3, 4]);
    });

    test("pins are counted, and the last unpin makes a victim again", () => {
      const evicted: number[] = [];
      const cache = smallCache(policy, 2, evicted);
      cache.set(1, "v", 1);
      cache.pin(1);
      cache.pin(1);
      for (const key of [2, 3, 4]) cache.set(key, "v", 1);
      cache.unpin(1);
      cache.set(5, "v", 1);
      expect(evicted).toEqual([2, 3, 4]);
      cache.unpin(1);
      cache.set(6, "v", 1);
      cache.set(7, "v", 1);
      expect(evicted).toContain(1);
      expect(() => cache.unpin(1)).toThrow(expect.objectContaining({ code: "CACHE_KEY_UNPINNED" }));
    });

    test("a set that pins leave no room for changes nothing", () => {
      const evicted: number[] = [];
      const cache = new PageCache<string>({
        policy,
        capacityBytes: 10,
        capacityEntries: 3,
        onEvict: (key) => evicted.push(key),
      });
      for (const key of [1, 2, 3]) cache.set(key, "v", 2);
      for (const key of [1, 2]) cache.pin(key);
      expect(() => cache.set(4, "v", 7)).toThrow(expect.objectContaining({ code: "CACHE_ENTRIES_PINNED" }));
      cache.pin(3);
      expect(() => cache.set(4, "v", 0)).toThrow(expect.objectContaining({ code: "CACHE_ENTRIES_PINNED" }));
      expect(evicted).toEqual([]);
      expect(cache.statistics).toMatchObject({ entries: 3, bytes: 6, pinned: 3 });
      cache.set(3, "replaced", 6);
      expect(cache.peek(3)).toBe("replaced");
    });

    test("a pinned value that grows or shrinks leaves less or more room for others", () => {
      const cache = new PageCache<string>({ policy, capacityBytes: 10 });
      cache.set(1, "pinned", 2);
      cache.pin(1);
      cache.set(1, "grown", 8);
      expect(() => cache.set(2, "v", 3)).toThrow(expect.objectContaining({ code: "CACHE_ENTRIES_PINNED" }));
      cache.set(1, "shrunk", 1);
      cache.set(2, "v", 9);
      expect(cache.statistics).toMatchObject({ entries: 2, bytes: 10, pinned: 1 });
    });

    test("an entry whose onEvict throws stays, dirty, and is the next to go", () => {
      const seen: [number, string, boolean][] = [];
      let isDiskFull = true;
      const cache = new PageCache<string>({
        policy,
        capacityEntries: 2,
        onEvict: (key, value, isDirty) => {
          seen.push([key, value, isDirty]);
          if (isDiskFull) throw new Error("disk full");
        },
      });
      cache.set(1, "one", 1);
      cache.set(2, "two", 1);
      cache.markDirty(1);
      expect(() => cache.set(3, "three", 1)).toThrow("disk full");
      expect(cache.has(3)).toBe(false);
      expect(cache.statistics).toMatchObject({ entries: 2, dirty: 1, evictions: 0 });
      isDiskFull = false;
      cache.set(3, "three", 1);
      expect(seen).toEqual([
        [1, "one", true],
        [1, "one", true],
      ]);
      expect(cache.statistics).toMatchObject({ entries: 2, dirty: 0, evictions: 1 });
    });

    test("onEvict may read the cache but not change it", () => {
      const changes = [
        (cache: PageCache<string>) => cache.set(9, "v", 1),
        (cache: PageCache<string>) => cache.delete(1),
        (cache: PageCache<string>) => cache.pin(1),
        (cache: PageCache<string>) => cache.unpin(1),
        (cache: PageCache<string>) => cache.clear(),
      ];
      for (const change of changes) {
        let found: string | undefined;
        const cache: PageCache<string> = new PageCache<string>({
          policy,
          capacityEntries: 1,
          onEvict: (key) => {
            found = cache.get(key);
            change(cache);
          },
        });
        cache.set(1, "one", 1);
        expect(() => cache.set(2, "two", 1)).toThrow(
          expect.objectContaining({ code: "CACHE_EVICTION_REENTRANT" }),
        );
        expect(found).toBe("one");
        expect(cache.has(1)).toBe(true);
      }
    });
  });
}

test("flushDirty writes by ascending key and stops at the first failure, which stays dirty", () => {
  const cache = smallCache("sieve", 10);
  for (const key of [5, 2 ** 33, 1, 3]) {
    cache.set(key, `page ${key}`, 1);
    cache.markDirty(key);
  }
  const written: number[] = [];
  const write = (key: number) => {
    if (key === 5) throw new Error("disk full");
    written.push(key);
  };
  expect(() => cache.flushDirty(write)).toThrow("disk full");
  expect(written).toEqual([1, 3]);
  expect(cache.dirtyKeys()).toEqual([5, 2 ** 33]);
  cache.flushDirty((key) => written.push(key));
  expect(written).toEqual([1, 3, 5, 2 ** 33]);
  expect(cache.statistics.dirty).toBe(0);
});

test("flushDirty passes over an entry that its own writes dropped", () => {
  const cache = smallCache("lru", 10);
  for (const key of [1, 2]) {
    cache.set(key, "v", 1);
    cache.markDirty(key);
  }
  const written: number[] = [];
  cache.flushDirty((key) => {
    written.push(key);
    cache.delete(1);
    cache.delete(2);
  });
  expect(written).toEqual([1]);
});

test("clear drops everything, keeps the counters, and the cache goes on", () => {
  const cache = smallCache("sieve", 1000);
  for (let key = 0; key < 500; key++) cache.set(key, "v", 1);
  cache.get(1);
  cache.clear();
  expect(cache.statistics).toMatchObject({ entries: 0, bytes: 0, hits: 1 });
  expect(cache.get(1)).toBeUndefined();
  for (let key = 0; key < 500; key++) cache.set(key, "w", 1);
  expect(cache.get(499)).toBe("w");
});

test("an entry is found by its number until it goes; the number may be another key's then", () => {
  const cache = smallCache("sieve", 2);
  cache.set(7, "seven", 1);
  cache.set(8, "eight", 1);
  const entry = cache.entryOf(7);
  expect(cache.getEntry(entry)).toBe("seven");
  expect(cache.entryOf(9)).toBe(0);
  expect(cache.getEntry(0)).toBeUndefined();
  expect(cache.peekEntry(cache.entryOf(8))).toBe("eight");
  expect(cache.statistics).toMatchObject({ hits: 1, misses: 1 });
  // Used, it is not the one that goes.
  cache.set(9, "nine", 1);
  expect(cache.has(7)).toBe(true);
  cache.delete(7);
  expect(cache.getEntry(entry)).toBeUndefined();
  cache.set(10, "ten", 1);
  expect(cache.getEntry(entry)).toBe("ten");
});

test("refuses keys and lengths that are no integers in range, and unknown options", () => {
  const cache = smallCache("sieve", 2);
  for (const key of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    expect(() => cache.set(key, "v", 1)).toThrow(expect.objectContaining({ code: "CACHE_KEY_RANGE" }));
    expect(cache.get(key)).toBeUndefined();
    expect(cache.delete(key)).toBe(false);
  }
  for (const byteLength of [-1, 0.5, Number.NaN]) {
    expect(() => cache.set(1, "v", byteLength)).toThrow(
      expect.objectContaining({ code: "CACHE_VALUE_LENGTH" }),
    );
  }
  expect(() => new PageCache({ capacityBytes: 0 })).toThrow(
    expect.objectContaining({ code: "CACHE_OPTION_RANGE" }),
  );
  expect(() => new PageCache({ policy: "fifo" as "lru" })).toThrow(
    expect.objectContaining({ code: "CACHE_OPTION_VALUE" }),
  );
  expect(() => new PageCache({ capcityBytes: 1 } as object)).toThrow(/capacityBytes/);
});
