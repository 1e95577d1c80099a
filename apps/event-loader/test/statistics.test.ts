import fc from "fast-check";
import { expect, it } from "vitest";
import { describeEvents } from "../src/index.ts";
import { chunkOf, type Event } from "./helpers.ts";

const SIZE = { width: 5, height: 4 };
const recordings = fc
  .tuple(
    fc.array(
      fc.tuple(fc.oneof(fc.nat(9), fc.integer({ min: -40, max: 900_000 })), fc.nat(5), fc.nat(3), fc.nat(1)),
      {
        maxLength: 80,
      },
    ),
    fc.nat({ max: 2 ** 40 }),
  )
  .map(([steps, start]) => {
    let time = start + 4000;
    return steps.map(([dt, x, y, p]): Event => {
      time += dt;
      return [time, x, y, p];
    });
  });

async function* inChunks(events: readonly Event[]) {
  for (let at = 0; at < events.length; at += 9) yield chunkOf(events.slice(at, at + 9));
}

const power = (value: number) => (value === 0 ? 0 : 1 + Math.floor(Math.log2(value)));
const histogramOf = (values: readonly number[]) => {
  const histogram: number[] = [];
  for (const value of values) histogram[power(value)] = (histogram[power(value)] ?? 0) + 1;
  return Array.from(histogram, (count) => count ?? 0);
};

it("statistics agree with a few lines that say the same", () =>
  fc.assert(
    fc.asyncProperty(recordings, async (events) => {
      const found = await describeEvents(inChunks(events), SIZE);
      const times = events.map(([t]) => t);
      const gaps = times.slice(1).map((t, i) => t - times[i]!);
      const forwards = gaps.filter((gap) => gap >= 0);
      expect(found).toMatchObject({
        events: events.length,
        on: events.filter((e) => e[3] === 1).length,
        firstTimeUs: events.length === 0 ? null : Math.min(...times),
        lastTimeUs: events.length === 0 ? null : Math.max(...times),
      });
      expect(found.gaps.backwards).toBe(gaps.length - forwards.length);
      expect(found.gaps.maxUs).toBe(forwards.length === 0 ? null : Math.max(...forwards));
      expect(found.gaps.histogram).toEqual(histogramOf(forwards));
      if (forwards.length > 0) {
        expect(found.gaps.meanUs).toBeCloseTo(forwards.reduce((a, b) => a + b, 0) / forwards.length, 6);
      }
      const pixels = Array.from({ length: 20 }, (_, i) => ({
        x: i % 5,
        y: Math.floor(i / 5),
        events: events.filter(([, x, y]) => x === i % 5 && y === Math.floor(i / 5)).length,
      }));
      const counts = pixels.map((pixel) => pixel.events);
      expect([...found.counts]).toEqual(counts);
      expect(found.pixels.histogram).toEqual(histogramOf(counts));
      const sorted = counts.toSorted((a, b) => a - b);
      expect(found.pixels).toMatchObject({ total: 20, max: sorted[19], median: sorted[9] });
      expect(found.pixels.hottest).toEqual(
        pixels
          .filter((pixel) => pixel.events > 0)
          .toSorted((a, b) => b.events - a.events)
          .slice(0, 10),
      );
      const { startUs, binUs, counts: bins } = found.rate;
      expect(bins.length).toBeLessThanOrEqual(1024);
      expect(bins).toEqual(
        bins.map((_, i) => times.filter((t) => Math.floor((t - startUs) / binUs) === i).length),
      );
      expect(bins.reduce((a, b) => a + b, 0)).toBe(events.length);
      // The bins are no wider than they have to be.
      if (binUs > 1)
        expect(2 * (Math.max(...times) - Math.min(...times))).toBeGreaterThan(1020 * (binUs / 2));
    }),
    { numRuns: 150 },
  ));
