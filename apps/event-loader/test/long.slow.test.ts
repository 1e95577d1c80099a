import { BufferPool } from "@millrace/buffers";
import { expect, it } from "vitest";
import { digestEvents, openRecording, summarizeEvents } from "../src/index.ts";
import { generatedEvt2 } from "./helpers.ts";

it("reads more than 2^31 bytes in the memory of two chunks", async () => {
  const count = 600_000_000;
  const pool = new BufferPool();
  const source = generatedEvt2(count);
  expect(source.size).toBeGreaterThan(2 ** 31);
  await using recording = await openRecording(source, { pool });
  expect(await summarizeEvents(recording.events())).toMatchObject({
    events: count,
    firstTimeUs: 0,
    lastTimeUs: count - 1,
  });
  expect(recording.violations).toEqual({});
  expect(pool.stats().misses).toBeLessThanOrEqual(8);
});

it("digests a long recording in a small window as with all of it in memory", async () => {
  const count = 20_000_000;
  await using recording = await openRecording(generatedEvt2(count));
  const whole = await digestEvents(recording.events(), { limitBytes: 2 ** 30 });
  expect(await digestEvents(recording.events(), { limitBytes: 2 ** 21 })).toEqual(whole);
  expect(whole.events).toBe(count);
});
