import fc from "fast-check";
import { expect, it } from "vitest";
import { SortWindow } from "../src/sort-window.ts";
import { chunkOf, type Event, eventsOf } from "./helpers.ts";

/** Runs chunks through a window. */
function sort(
  events: readonly Event[],
  windowUs: number,
  size: number,
): { sorted: Event[]; late: number; moved: number } {
  const window = new SortWindow(windowUs);
  const sorted: Event[] = [];
  for (let i = 0; i < events.length; i += size) {
    const given = window.add(chunkOf(events.slice(i, i + size)));
    if (given !== undefined) sorted.push(...eventsOf(given));
  }
  const rest = window.finish();
  if (rest !== undefined) sorted.push(...eventsOf(rest));
  return { sorted, late: window.late, moved: window.moved };
}

it("sorts events that are no farther out of order than the window, and keeps those of one time in order", () => {
  const event = fc.tuple(fc.nat(50), fc.integer({ min: -20, max: 0 }), fc.nat(9));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (steps, size) => {
      let time = -100;
      const events = steps.map(([dt, back, x], i): Event => {
        time += dt;
        return [time + back, x, i, i % 2];
      });
      const { sorted, late } = sort(events, 20, size);
      expect(late).toBe(0);
      expect(sorted).toEqual([...events].sort((a, b) => a[0] - b[0] || a[2] - b[2]));
    }),
  );
});

it("whatever comes, the result is sorted, and what is missing was counted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200), { maxLength: 60 }),
      fc.nat(50),
      fc.integer({ min: 1, max: 9 }),
      (times, windowUs, size) => {
        const events = times.map((t, i): Event => [t, 0, i, 0]);
        const { sorted, late, moved } = sort(events, windowUs, size);
        expect(sorted.length + late).toBe(events.length);
        expect(sorted.every(([t], i) => i === 0 || t >= sorted[i - 1]![0])).toBe(true);
        expect(moved).toBeLessThanOrEqual(events.length);
      },
    ),
  );
});

it("leaves out the same events whatever the chunks are", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 60 }), fc.nat(50), (times, windowUs) => {
      const events = times.map((t, i): Event => [t, 0, i, 0]);
      let latest = Number.NEGATIVE_INFINITY;
      const kept = events.filter(([t]) => {
        latest = Math.max(latest, t);
        return t >= latest - windowUs;
      });
      const expected = kept.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
      for (const size of [1, 7, 60]) expect(sort(events, windowUs, size).sorted).toEqual(expected);
    }),
  );
});
