import { bytesSource } from "@millrace/files";
import { RateLimiter } from "@millrace/stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ShardBackend } from "../src/backend.ts";
import { BackendPace } from "../src/backend-pace.ts";
import { hedge } from "../src/hedge.ts";
import { MeteredBackend } from "../src/metered-backend.ts";
import { batchesAtATime } from "../src/read-stored.ts";

describe("hedged asking", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Asks for as many answers as `wanted`; each item answers after so many milliseconds. */
  async function run(
    answerMs: readonly number[],
    first: number,
    wanted: number,
    lateMs: number,
  ): Promise<{ asked: number[]; answered: number[]; cancelled: number[] }> {
    const [asked, answered, cancelled]: number[][] = [[], [], []];
    const items = answerMs.map((_, i) => i);
    const spare = items.slice(first);
    const done = hedge(items.slice(0, first), spare, {
      ask: async (i, signal) => {
        asked!.push(i);
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(() => {
          answered!.push(i);
          resolve();
        }, answerMs[i]);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          if (!answered!.includes(i)) cancelled!.push(i);
          resolve();
        });
        await promise;
      },
      isEnough: () => answered!.length >= wanted,
      lateAfterMs: () => lateMs,
    });
    await vi.runAllTimersAsync();
    await done;
    expect(vi.getTimerCount()).toBe(0);
    return { asked: asked!, answered: answered!, cancelled: cancelled! };
  }

  it("asks no more than the first when all answer in time", async () => {
    expect(await run([5, 9, 1, 1], 2, 2, 10)).toEqual({ asked: [0, 1], answered: [0, 1], cancelled: [] });
  });

  it("asks one more for each that is late, takes who answers first, and cancels the others", async () => {
    expect(await run([1, 500, 3, 3], 2, 2, 10)).toEqual({
      asked: [0, 1, 2],
      answered: [0, 2],
      cancelled: [1],
    });
    // The one that was asked for another may be late, too.
    expect(await run([1, 500, 500, 3], 2, 2, 10)).toEqual({
      asked: [0, 1, 2, 3],
      answered: [0, 3],
      cancelled: [1, 2],
    });
  });

  it("waits for the late ones where nobody else is left, and ends where they do not suffice", async () => {
    expect(await run([1, 500], 2, 2, 10)).toEqual({ asked: [0, 1], answered: [0, 1], cancelled: [] });
    expect(await run([1, 2], 2, 3, 10)).toEqual({ asked: [0, 1], answered: [0, 1], cancelled: [] });
  });
});

describe("the pace of a backend", () => {
  it("tells the way there and back from the time for bytes, and what is late", () => {
    const pace = new BackendPace();
    expect([pace.expectedMs(1e6), pace.bytesPerSecond, pace.lateAfterMs(0)]).toEqual([0, undefined, 1000]);
    for (let i = 0; i < 100; i++) pace.observe(100, 20);
    for (let i = 0; i < 100; i++) pace.observe(1_000_000, 120);
    expect(pace.expectedMs(0)).toBeCloseTo(20);
    expect(pace.expectedMs(500_000)).toBeCloseTo(70);
    expect(pace.bytesPerSecond).toBeCloseTo(1e7, -1);
    // 10 ms of bytes and 20 ms of way: two more are asked for while the first one comes.
    expect(pace.inFlight(100_000)).toBe(3);
    expect(pace.inFlight(10_000)).toBe(21);
    expect(new BackendPace().inFlight(10_000)).toBeUndefined();
    const [near, far] = [undefined, { pace }] as const;
    expect(batchesAtATime({ shards: [near, far as never] }, 100_000)).toBe(3);
    expect(batchesAtATime({ shards: [far as never, near] }, 25_000)).toBe(9);
    expect(batchesAtATime({ shards: [far as never] }, 10)).toBe(16);
    expect(batchesAtATime({ shards: [near] }, 10)).toBe(3);
    expect(pace.lateAfterMs(0)).toBe(50);
    for (let i = 0; i < 5; i++) pace.observe(100, 200);
    expect(pace.lateAfterMs(0)).toBeGreaterThan(200);
  });
});

it("a limited backend takes what it writes and reads from its own limit and from the store's", async () => {
  const taken: string[] = [];
  const limiterOf = (name: string): RateLimiter => {
    const limiter = new RateLimiter(1000);
    limiter.take = async (bytes) => {
      taken.push(`${name} ${bytes}`);
    };
    return limiter;
  };
  const inner: Partial<ShardBackend> = {
    name: "x",
    create: async () => ({ write: async () => {}, commit: async () => {}, abort: async () => {} }),
    open: async () => bytesSource(new Uint8Array(50).fill(7)),
  };
  const limits = { upload: [limiterOf("store up"), limiterOf("up")], download: [limiterOf("down")] };
  const backend = new MeteredBackend(inner as ShardBackend, limits);
  const writer = await backend.create("shards", "k");
  await writer.write(new Uint8Array(30));
  await using source = await backend.open("shards", "k");
  const into = new Uint8Array(20);
  expect(await source.read(into, 0)).toBe(20);
  expect(taken).toEqual(["store up 30", "up 30", "down 20"]);
  // A reader that has given up finds its memory as it left it.
  const controller = new AbortController();
  const other = new Uint8Array(20);
  const reading = source.read(other, 0, controller.signal);
  controller.abort();
  await expect(reading).rejects.toThrow("aborted");
  expect(other).toEqual(new Uint8Array(20));
});
