import { createHash } from "node:crypto";
import { BufferPool } from "@millrace/buffers";
import { expect, it } from "vitest";
import { digestEvents, type SyntheticSceneOptions, syntheticScene } from "../src/index.ts";
import { type Event, eventsOf } from "./helpers.ts";

async function eventsOfScene(options: SyntheticSceneOptions): Promise<Event[]> {
  const events: Event[] = [];
  for await (const chunk of syntheticScene(options)) {
    events.push(...eventsOf(chunk));
    chunk.release();
  }
  return events;
}

it("has as many events as asked for, sorted, inside the sensor, at the rate", async () => {
  const options = { width: 64, height: 48, events: 20_011, ratePerUs: 0.5, startUs: 2 ** 32 - 1000 };
  const events = await eventsOfScene({ ...options, rowsPerChunk: 1000 });
  expect(events).toHaveLength(20_011);
  for (const [i, [t, x, y, p]] of events.entries()) {
    expect(t >= (events[i - 1]?.[0] ?? 0) && x < 64 && y < 48 && (p === 0 || p === 1)).toBe(true);
  }
  expect(events[0]![0]).toBe(2 ** 32 - 1000);
  const duration = events.at(-1)![0] - events[0]![0];
  expect(Math.abs(duration - 40_022)).toBeLessThan(30);
  // Bursts: most events share row, time and polarity with a neighbour that was read before them.
  const inBurst = events.filter((e, i) => {
    const before = events[i - 1];
    return before?.[0] === e[0] && before[2] === e[2] && before[3] === e[3] && before[1] < e[1];
  });
  expect(inBurst.length).toBeGreaterThan(12_000);
  expect(events.filter((e) => e[3] === 1).length).toBeGreaterThan(8_000);
});

it("depends on the seed alone, and does not repeat", async () => {
  const first = await digestEvents(syntheticScene({ events: 100_000, seed: 3 }));
  expect(await digestEvents(syntheticScene({ events: 100_000, seed: 3 }))).toEqual(first);
  expect((await digestEvents(syntheticScene({ events: 100_000, seed: 4 }))).digest).not.toBe(first.digest);
  const blocks = new Set<string>();
  const size = 4096;
  for await (const chunk of syntheticScene({ events: 64 * size, rowsPerChunk: size })) {
    using held = chunk;
    const { x, y } = held.columns;
    blocks.add(createHash("sha256").update(x).update(y).digest("hex"));
  }
  expect(blocks.size).toBe(64);
});

it("gives its memory back", async () => {
  const pool = new BufferPool();
  await eventsOfScene({ events: 5000, rowsPerChunk: 512, pool });
  expect(pool.stats().outstandingBytes).toBe(0);
});

it("refuses what cannot be", async () => {
  const failing = [{ width: 3 }, { events: -1 }, { ratePerUs: 0 }, { noise: 2 }, { startUs: -1 }];
  for (const options of failing) await expect(eventsOfScene(options)).rejects.toThrow(/\d/);
});
