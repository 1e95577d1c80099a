import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CallClock } from "../src/call-clock.ts";

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => vi.restoreAllMocks());

const ticks = (clock: CallClock, calls: number): number =>
  Array.from({ length: calls }, () => clock.tick()).filter(Boolean).length;

it("looks at every 16th call while calls come quickly, and at every one while they do not", () => {
  const clock = new CallClock();
  expect(clock.tick()).toBe(true);
  expect(ticks(clock, 2 + 4 + 8)).toBe(3);
  expect(ticks(clock, 160)).toBe(10);
  nowMs = 5;
  expect(ticks(clock, 16)).toBe(1);
  expect(clock.nowMs).toBe(5);
  nowMs = 10;
  expect(clock.tick()).toBe(true);
  nowMs = 15;
  expect(clock.tick()).toBe(true);
  expect(clock.nowMs).toBe(15);
});
