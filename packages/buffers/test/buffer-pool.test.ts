import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BufferPool, sizeClassOf } from "../src/index.ts";

describe("buffer pool", () => {
  test.each([
    [0, 1024],
    [1024, 1024],
    [1025, 1536],
    [1536, 1536],
    [1537, 2048],
    [2049, 3072],
    [3073, 4096],
    [65_536, 65_536],
    [2 ** 32 + 1, 1.5 * 2 ** 32],
  ])("a request for %d bytes has the size class %d", (byteLength, size) => {
    expect(sizeClassOf(byteLength)).toBe(size);
    expect(sizeClassOf(size)).toBe(size);
  });

  test("gives a buffer out again, and zeroed only on request", () => {
    const pool = new BufferPool();
    const first = pool.take(2000);
    expect(first.byteLength).toBe(2048);
    new Uint8Array(first).fill(7);
    pool.give(first);
    const second = pool.take(1900);
    expect(second).toBe(first);
    expect(new Uint8Array(second)[0]).toBe(7);
    pool.give(second);
    expect(new Uint8Array(pool.take(2048, { zero: true })).every((byte) => byte === 0)).toBe(true);
    expect(pool.stats()).toEqual({
      hits: 2,
      misses: 1,
      dropped: 0,
      retainedBytes: 0,
      outstandingBytes: 2048,
    });
  });

  test("a second give is an error, also for a buffer that was dropped", () => {
    for (const limitBytes of [0, 1 << 20]) {
      const pool = new BufferPool({ limitBytes });
      const buffer = pool.take(1);
      pool.give(buffer);
      expect(() => pool.give(buffer)).toThrow(expect.objectContaining({ code: "BUFFERS_POOL_DOUBLE_GIVE" }));
      expect(pool.stats().retainedBytes).toBe(limitBytes === 0 ? 0 : 1024);
    }
  });

  test("buffers of other sizes, resizable, shared and detached ones are refused", () => {
    const pool = new BufferPool();
    const detached = pool.take(1);
    structuredClone(detached, { transfer: [detached] });
    const wrong = [
      new ArrayBuffer(1000),
      new ArrayBuffer(0),
      new ArrayBuffer(1024, { maxByteLength: 2048 }),
      new SharedArrayBuffer(1024) as unknown as ArrayBuffer,
      detached,
    ];
    for (const buffer of wrong) {
      expect(() => pool.give(buffer)).toThrow(expect.objectContaining({ code: "BUFFERS_POOL_FOREIGN" }));
    }
    expect(pool.stats().retainedBytes).toBe(0);
  });

  test("a buffer that travelled by transfer can be given back", () => {
    const pool = new BufferPool();
    const taken = pool.take(1);
    const arrived = structuredClone(taken, { transfer: [taken] });
    pool.give(arrived);
    expect(pool.stats()).toMatchObject({ outstandingBytes: 0, retainedBytes: 1024 });
    expect(pool.take(1)).toBe(arrived);
  });

  test("sizes that are not used any more make room for those that are", () => {
    const pool = new BufferPool({ limitBytes: 4096 });
    const small = [pool.take(1024), pool.take(1024), pool.take(1024), pool.take(1024)];
    for (const buffer of small) pool.give(buffer);
    const large = pool.take(2048);
    pool.give(large);
    expect(pool.stats()).toMatchObject({ dropped: 2, retainedBytes: 4096 });
    expect(pool.take(2048)).toBe(large);
  });

  test("a take counts as use: the size that was asked for last is dropped last", () => {
    const pool = new BufferPool({ limitBytes: 5120 });
    const [first, second, other, large] = [
      pool.take(1024),
      pool.take(1024),
      pool.take(2048),
      pool.take(4096),
    ];
    for (const buffer of [first, second, other]) pool.give(buffer);
    pool.take(1024);
    pool.give(large);
    expect(pool.stats()).toMatchObject({ dropped: 1, retainedBytes: 1024 + 4096 });
  });

  test("a buffer larger than the whole limit is dropped and drops no other", () => {
    const pool = new BufferPool({ limitBytes: 2048 });
    const small = pool.take(1024);
    const huge = pool.take(4096);
    pool.give(small);
    pool.give(huge);
    expect(pool.stats()).toMatchObject({ dropped: 1, retainedBytes: 1024, outstandingBytes: 0 });
  });

  test("clear leaves the idle buffers to the garbage collector", () => {
    const pool = new BufferPool();
    pool.give(pool.take(1));
    pool.clear();
    expect(pool.stats()).toMatchObject({ retainedBytes: 0 });
    pool.take(1);
    expect(pool.stats()).toMatchObject({ hits: 0, misses: 2 });
  });

  test("what the engine refuses is a CapacityError", () => {
    expect(() => new BufferPool().take(2 ** 52)).toThrow(
      expect.objectContaining({ name: "CapacityError", code: "BUFFERS_ALLOCATION_FAILED" }),
    );
  });

  test("bad sizes and options are refused", () => {
    expect(() => new BufferPool().take(-1)).toThrow("an integer from 0");
    expect(() => new BufferPool({ limitBytes: -1 })).toThrow("an integer from 0");
    expect(() => new BufferPool({ limit: 3 } as object)).toThrow(
      expect.objectContaining({ code: "BUFFERS_OPTION_UNKNOWN" }),
    );
  });

  test("never hands one buffer to two owners, never keeps more than the limit, and counts right", () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.array(fc.record({ isTake: fc.boolean(), n: fc.nat(6000) }), { maxLength: 60 }),
        (limitBytes, steps) => {
          const pool = new BufferPool({ limitBytes });
          const owned: ArrayBuffer[] = [];
          let takes = 0;
          for (const { isTake, n } of steps) {
            if (isTake) {
              const buffer = pool.take(n);
              expect(buffer.byteLength).toBeGreaterThanOrEqual(n);
              expect(owned).not.toContain(buffer);
              owned.push(buffer);
              takes++;
            } else if (owned.length > 0) {
              pool.give(owned.splice(n % owned.length, 1)[0]!);
            }
            const stats = pool.stats();
            expect(stats.retainedBytes).toBeLessThanOrEqual(limitBytes);
            expect(stats.outstandingBytes).toBe(owned.reduce((sum, buffer) => sum + buffer.byteLength, 0));
            expect(stats.hits + stats.misses).toBe(takes);
          }
        },
      ),
    );
  });
});
