import { isMillraceError } from "@millrace/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CachePolicy, NaivePageCache } from "./naive-page-cache.ts";

/** What the suite needs of a cache: the shape of `PageCache` of `@millrace/cache`. */
export interface PageCacheUnderTest {
  readonly statistics: object;
  get(key: number): number | undefined;
  set(key: number, value: number, byteLength: number): void;
  has(key: number): boolean;
  delete(key: number): boolean;
  clear(): void;
  pin(key: number): boolean;
  unpin(key: number): void;
  markDirty(key: number): void;
  markClean(key: number): void;
  dirtyKeys(): number[];
  flushDirty(write: (key: number, value: number) => void): void;
}

/** What a cache is made with. */
export interface PageCacheMaking {
  readonly policy: CachePolicy;
  readonly capacityBytes: number;
  readonly capacityEntries: number;
  readonly onEvict: (key: number, value: number, isDirty: boolean) => void;
}

/** Few keys, so that they meet often; some differ only above bit 32, where a truncating hash would mix them up. */
const KEYS = [0, 1, 2, 3, 4, 5, 6, 7, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 52 + 7, Number.MAX_SAFE_INTEGER];
const key = fc.constantFrom(...KEYS);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("set"), key, byteLength: fc.nat(40) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("get"), key }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("delete", "pin", "unpin", "dirty", "clean"), key }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("clear", "flush"), key }) },
);

/**
 * The behaviour that every page cache of this project has, held against a naive model of arrays and linear searches.
 * @param name - whose test this is
 */
export function describePageCache(
  name: string,
  policy: CachePolicy,
  create: (making: PageCacheMaking) => PageCacheUnderTest,
): void {
  test(`${name} does what the naive model of ${policy} does, for any sequence of operations`, () => {
    const run = fc.property(
      fc.array(operation, { maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 30, max: 200 }),
      (operations, capacityEntries, capacityBytes) => {
        const model = new NaivePageCache(policy, capacityBytes, capacityEntries);
        const evicted: [number, number, boolean][] = [];
        const cache = create({
          policy,
          capacityBytes,
          capacityEntries,
          onEvict: (...entry) => evicted.push(entry),
        });
        for (const [at, step] of operations.entries()) {
          apply(cache, model, step, at);
          expect(evicted).toEqual(model.evicted);
          expect(new Set(KEYS.filter((k) => cache.has(k)))).toEqual(new Set(model.queue.map((e) => e.key)));
          const dirty = model.queue.filter((e) => e.isDirty).map((e) => e.key);
          expect(cache.dirtyKeys()).toEqual(dirty.sort((a, b) => a - b));
          const gets = model.hits + model.misses;
          expect(cache.statistics).toEqual({
            hits: model.hits,
            misses: model.misses,
            hitRate: gets === 0 ? 0 : model.hits / gets,
            evictions: model.evicted.length,
            entries: model.queue.length,
            bytes: model.bytes(),
            pinned: model.queue.filter((e) => e.pins > 0).length,
            dirty: dirty.length,
          });
        }
      },
    );
    fc.assert(run, { numRuns: 200 });
  });
}

function apply(
  cache: PageCacheUnderTest,
  model: NaivePageCache,
  step: { kind: string; key: number; byteLength?: number },
  value: number,
): void {
  const entry = model.find(step.key);
  switch (step.kind) {
    case "set":
      expect(codeOf(() => cache.set(step.key, value, step.byteLength!))).toBe(
        model.set(step.key, value, step.byteLength!),
      );
      return;
    case "get":
      expect(cache.get(step.key)).toBe(model.get(step.key));
      return;
    case "delete":
      expect(codeOf(() => cache.delete(step.key))).toBe(
        entry !== undefined && entry.pins > 0 ? "CACHE_ENTRY_PINNED" : "ok",
      );
      if (entry?.pins === 0) model.remove(entry);
      return;
    case "pin":
      expect(cache.pin(step.key)).toBe(entry !== undefined);
      if (entry !== undefined) entry.pins++;
      return;
    case "unpin":
      expect(codeOf(() => cache.unpin(step.key))).toBe((entry?.pins ?? 0) > 0 ? "ok" : "CACHE_KEY_UNPINNED");
      if (entry !== undefined && entry.pins > 0) entry.pins--;
      return;
    case "dirty":
    case "clean": {
      const mark = () => (step.kind === "dirty" ? cache.markDirty(step.key) : cache.markClean(step.key));
      expect(codeOf(mark)).toBe(entry === undefined ? "CACHE_KEY_MISSING" : "ok");
      if (entry !== undefined) entry.isDirty = step.kind === "dirty";
      return;
    }
    case "clear": {
      const isPinned = model.queue.some((e) => e.pins > 0);
      expect(codeOf(() => cache.clear())).toBe(isPinned ? "CACHE_ENTRY_PINNED" : "ok");
      if (!isPinned) model.clear();
      return;
    }
    case "flush": {
      const written: [number, number][] = [];
      cache.flushDirty((k, v) => written.push([k, v]));
      const dirty = model.queue.filter((e) => e.isDirty).sort((a, b) => a.key - b.key);
      expect(written).toEqual(dirty.map((e) => [e.key, e.value]));
      for (const e of dirty) e.isDirty = false;
    }
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return "ok";
  } catch (error) {
    if (isMillraceError(error)) return error.code;
    throw error;
  }
}
