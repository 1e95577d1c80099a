import { describe, expect, it } from "vitest";
import { RateLimiter } from "../src/index.ts";

/** A clock that stands still but for sleeping. */
function fakeClock(): { nowMs(): number; sleep(delayMs: number): Promise<void>; time: number } {
  const clock = {
    time: 1000,
    nowMs: () => clock.time,
    sleep: async (delayMs: number) => {
      clock.time += delayMs;
    },
  };
  return clock;
}

describe("a rate limiter", () => {
  it("makes callers wait until those before are paid for", async () => {
    const clock = fakeClock();
    const limiter = new RateLimiter(1000, clock);
    await limiter.take(500);
    expect(clock.time).toBe(1000);
    await limiter.take(250);
    expect(clock.time).toBe(1500);
    await limiter.take(0);
    expect(clock.time).toBe(1750);
  });

  it("does not save up what was not used", async () => {
    const clock = fakeClock();
    const limiter = new RateLimiter(1000, clock);
    clock.time += 60_000;
    await limiter.take(1000);
    await limiter.take(1000);
    expect(clock.time).toBe(62_000);
  });

  it("ends waiting with the signal", async () => {
    const limiter = new RateLimiter(1);
    await limiter.take(1_000_000);
    const controller = new AbortController();
    const waiting = limiter.take(1, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow("waiting for bandwidth");
    expect(() => new RateLimiter(0)).toThrow("bytesPerSecond");
  });
});
