import { BufferPool } from "@millrace/buffers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type WindowOptions, windows } from "../src/index.ts";
import { chunkOf, type Event, eventsOf } from "./helpers.ts";

interface Window {
  readonly startUs: number;
  readonly endUs: number;
  readonly events: readonly Event[];
}

async function cut(
  events: readonly Event[],
  rowsPerChunk: number,
  options: WindowOptions,
): Promise<Window[]> {
  const chunks = [];
  for (let at = 0; at < events.length; at += rowsPerChunk)
    chunks.push(chunkOf(events.slice(at, at + rowsPerChunk)));
  const found: Window[] = [];
  for await (const { index, startUs, endUs, chunk } of windows(chunks, options)) {
    expect(index).toBe(found.length);
    found.push({ startUs, endUs, events: eventsOf(chunk) });
    chunk.release();
  }
  return found;
}

/** Times that rise, but for steps back of 11 µs at the most, and pauses. */
const someEvents = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }) }, fc.constantFrom(-11, 300)), {
    maxLength: 200,
  })
  .map((steps) => {
    let newest = 500;
    return steps.map((step, i): Event => {
      const t = newest + step;
      newest = Math.max(newest, t);
      return [t, i % 64, i % 48, i & 1];
    });
  });
const chunkRows = fc.integer({ min: 1, max: 64 });
const between = (events: readonly Event[], start: number, end: number): Event[] =>
  events.filter(([t]) => t >= start && t < end);

describe("windows", () => {
  it("by time are slices of the whole recording", async () => {
    const lengths = fc
      .integer({ min: 1, max: 150 })
      .chain((length) => fc.tuple(fc.constant(length), fc.nat(length - 1)));
    await fc.assert(
      fc.asyncProperty(someEvents, chunkRows, lengths, async (events, rows, [byTimeUs, overlap]) => {
        const found = await cut(events, rows, { byTimeUs, overlap, slackUs: 11 });
        const step = byTimeUs - overlap;
        const wanted: Window[] = [];
        for (
          let startUs = -step * Math.ceil(byTimeUs / step);
          startUs <= Math.max(0, ...events.map(([t]) => t));
          startUs += step
        ) {
          wanted.push({
            startUs,
            endUs: startUs + byTimeUs,
            events: between(events, startUs, startUs + byTimeUs),
          });
        }
        const first = wanted.findIndex((window) => window.events.length > 0);
        expect(found).toEqual(first < 0 ? [] : wanted.slice(first));
      }),
    );
  });

  it("by count are slices of the whole recording", async () => {
    const lengths = fc
      .integer({ min: 1, max: 70 })
      .chain((length) => fc.tuple(fc.constant(length), fc.nat(length - 1)));
    await fc.assert(
      fc.asyncProperty(someEvents, chunkRows, lengths, async (events, rows, [byCount, overlap]) => {
        const found = await cut(events, rows, { byCount, overlap });
        const wanted: Event[][] = [];
        for (let at = 0; at < events.length; at += byCount - overlap) {
          wanted.push(events.slice(at, at + byCount));
          if (at + byCount >= events.length) break;
        }
        expect(found.map((window) => window.events)).toEqual(wanted);
        for (const { startUs, endUs, events: inside } of found) {
          expect([startUs, endUs]).toEqual([
            Math.min(...inside.map(([t]) => t)),
            Math.max(...inside.map(([t]) => t)) + 1,
          ]);
        }
      }),
    );
  });

  it("at triggers go from each to the next, the last to the end", async () => {
    const places = fc
      .array(fc.integer({ min: 300, max: 3000 }), { maxLength: 6 })
      .map((all) => all.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(someEvents, chunkRows, places, fc.nat(40), async (events, rows, at, overlap) => {
        const found = await cut(events, rows, { at: BigInt64Array.from(at, BigInt), overlap, slackUs: 11 });
        const wanted = at.map((time, i) => {
          const [startUs, endUs] = [time - overlap, at[i + 1] ?? Number.POSITIVE_INFINITY];
          return { startUs, endUs, events: between(events, startUs, endUs) };
        });
        expect(found).toEqual(wanted);
      }),
    );
  });

  it("take their memory from a pool, and give it all back", async () => {
    const pool = new BufferPool();
    const events = Array.from({ length: 1000 }, (_, i): Event => [i, 1, 1, 1]);
    expect((await cut(events, 100, { byTimeUs: 10, pool })).length).toBe(100);
    expect(pool.stats()).toMatchObject({ outstandingBytes: 0 });
    expect(pool.stats().misses).toBeLessThanOrEqual(8);
  });

  it("refuse times that are further back than they may be", async () => {
    const events: Event[] = [
      [5000, 1, 1, 1],
      [3999, 1, 1, 1],
    ];
    await expect(cut(events, 2, { byTimeUs: 10 })).rejects.toMatchObject({
      code: "EVENTS_WINDOW_ORDER",
      message: expect.stringContaining("slackUs"),
    });
  });

  it.each([
    [{}],
    [{ byTimeUs: 5, byCount: 5 }],
    [{ byTimeUs: 5, overlap: 5 }],
    [{ byCount: 5, overlap: 6 }],
    [{ at: [5, 4] }],
  ])("refuse %j", (options) => {
    expect(() => windows([], options)).toThrow(expect.objectContaining({ code: "EVENTS_WINDOW_OPTIONS" }));
  });
});
