import { afterEach, expect, test, vi } from "vitest";
import { retry } from "../src/index.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Fails `failures` times, then answers with the attempt's number. */
function failing(failures: number): (attempt: number) => Promise<number> {
  return async (attempt) => {
    if (attempt <= failures) throw new Error(`failure ${attempt}`);
    return attempt;
  };
}

test("waits longer after each failure, up to the limit, by the jitter's part of it", async () => {
  const delays: number[] = [];
  const sleep = async (delayMs: number) => void delays.push(delayMs);
  const options = { attempts: 7, baseDelayMs: 100, maxDelayMs: 1000, random: () => 0.5, sleep };
  expect(await retry(failing(6), options)).toBe(7);
  expect(delays).toEqual([50, 100, 200, 400, 500, 500]);
});

test("a success at once waits for nothing", async () => {
  const sleep = vi.fn();
  expect(await retry(() => "value", { sleep })).toBe("value");
  expect(sleep).not.toHaveBeenCalled();
});

test("the last error is thrown unchanged when no attempt is left", async () => {
  const sleep = async () => {};
  await expect(retry(failing(9), { attempts: 3, sleep })).rejects.toThrow("failure 3");
  await expect(retry(failing(9), { attempts: 1, sleep })).rejects.toThrow("failure 1");
});

test("an error that is not retryable is thrown at once", async () => {
  const sleep = vi.fn(async () => {});
  const isRetryable = (error: unknown) => error instanceof Error && error.message !== "failure 2";
  await expect(retry(failing(9), { sleep, isRetryable })).rejects.toThrow("failure 2");
  expect(sleep).toHaveBeenCalledOnce();
});

test("an abort ends the waiting and leaves no timer", async () => {
  vi.useFakeTimers();
  const controller = new AbortController();
  const outcome = expect(retry(failing(9), { signal: controller.signal, random: () => 0.9 })).rejects.toThrow(
    expect.objectContaining({ code: "STREAM_WORK_ABORTED", cause: "enough" }),
  );
  await vi.advanceTimersByTimeAsync(50);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort("enough");
  await outcome;
  expect(vi.getTimerCount()).toBe(0);
});

test("sleeps on the clock by default", async () => {
  vi.useFakeTimers();
  const outcome = retry(failing(1), { baseDelayMs: 100, random: () => 0.999 });
  await vi.advanceTimersByTimeAsync(98);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(2);
  expect(await outcome).toBe(2);
});

test("an aborted signal lets no attempt start", async () => {
  const work = vi.fn();
  await expect(retry(work, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
  expect(work).not.toHaveBeenCalled();
});

test("refuses attempts and delays out of range", async () => {
  for (const options of [{ attempts: 0 }, { baseDelayMs: -1 }, { maxDelayMs: Number.NaN }]) {
    await expect(retry(() => 1, options)).rejects.toThrow(
      expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
    );
  }
});
