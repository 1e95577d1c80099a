import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arbiterLines,
  backgroundActivity,
  crop,
  type EventFilter,
  everyNth,
  filterChunks,
  flipX,
  flipY,
  hotPixelMask,
  maskPixels,
  polarity,
  rateLimit,
  refractory,
  regions,
  rescale,
  rotate,
  timeWindow,
  transpose,
} from "../src/index.ts";
import { chunkOf, type Event, eventsOf } from "./helpers.ts";

const SIZE = { width: 6, height: 4 };

/** Events of a small sensor, sorted by time, in two chunks. */
const recordings = fc
  .tuple(fc.array(fc.tuple(fc.nat(20), fc.nat(5), fc.nat(3), fc.nat(1)), { maxLength: 80 }), fc.nat(80))
  .map(([steps, cut]): Event[][] => {
    let time = 2 ** 32 - 300;
    const events = steps.map(([dt, x, y, p]): Event => {
      time += dt;
      return [time, x, y, p];
    });
    return [events.slice(0, cut), events.slice(cut)];
  });

/** The same events in few times, many of them in each. */
const bursts = recordings.map((chunks) =>
  chunks.map((events) => events.map(([t, x, y, p]): Event => [t - (t % 64), x, y, p])),
);

async function run(filter: EventFilter, chunks: readonly (readonly Event[])[]): Promise<Event[]> {
  const found: Event[] = [];
  async function* source() {
    for (const events of chunks) yield chunkOf(events);
  }
  for await (const chunk of filterChunks(source(), [filter])) found.push(...eventsOf(chunk));
  return found;
}

/** Compares a filter with a few lines that say the same without any care for speed. */
function agrees(
  makeFilter: () => EventFilter,
  naive: (events: readonly Event[]) => Event[],
  inputs = recordings,
) {
  return fc.assert(
    fc.asyncProperty(inputs, async (chunks) => {
      expect(await run(makeFilter(), chunks)).toEqual(naive(chunks.flat()));
    }),
    { numRuns: 150 },
  );
}

const near = 2 ** 32;

describe("selections", () => {
  it("time windows hold their start and not their end, beyond 32 bits too", () =>
    agrees(
      () => timeWindow(near - 100, near + 100),
      (events) => events.filter(([t]) => t >= near - 100 && t < near + 100),
    ));

  it("regions hold what any of them does", () =>
    agrees(
      () => regions({ x: 1, y: 0, width: 2, height: 2 }, { x: 2, y: 1, width: 4, height: 3 }),
      (events) =>
        events.filter(([, x, y]) => (x >= 1 && x < 3 && y < 2) || (x >= 2 && x < 6 && y >= 1 && y < 4)),
    ));

  it("polarity, every n-th and masks", async () => {
    await agrees(
      () => polarity(1),
      (events) => events.filter(([, , , p]) => p === 1),
    );
    await agrees(
      () => everyNth(7),
      (events) => events.filter((_, i) => i % 7 === 0),
    );
    const mask = new Uint8Array(24);
    mask[3] = mask[7] = 1;
    await agrees(
      () => maskPixels(mask, 6, 4),
      (events) => events.filter(([, x, y]) => mask[y * 6 + x] === 0),
    );
  });

  it.each([0, 1, 2, 50, 100])(
    "masked pixels, %i of a hundred, long runs between them and events outside",
    (hot) => {
      const random = seededRandom(hot);
      const mask = Uint8Array.from({ length: 37 * 29 }, () => (random.nextU32() % 100 < hot ? 1 : 0));
      const events = Array.from({ length: 5000 }, (_, i): Event => {
        const isOutside = random.nextU32() % 200 === 0;
        return [i, (random.nextU32() % 37) + (isOutside ? 37 : 0), random.nextU32() % 29, i & 1];
      });
      const chunk = chunkOf(events);
      maskPixels(mask, 37, 29).apply(chunk);
      expect(eventsOf(chunk)).toEqual(events.filter(([, x, y]) => x < 37 && mask[y * 37 + x] === 0));
    },
  );

  it("a hot pixel is one far above the others", () => {
    const counts = new Uint32Array(100).fill(10);
    counts[42] = 1000;
    expect([...hotPixelMask(counts, 3).entries()].filter(([, hot]) => hot === 1)).toEqual([[42, 1]]);
    expect(hotPixelMask(new Uint32Array(9).fill(5), 1).some((hot) => hot === 1)).toBe(false);
  });

  it("more regions than a word has bits", () => {
    const many = Array.from({ length: 70 }, (_, i) => ({ x: i % 6, y: i % 4, width: 1, height: 1 })).filter(
      (_, i) => i > 64 || i % 12 === 5,
    );
    const filler = Array.from({ length: 64 }, () => ({ x: 900, y: 900, width: 9, height: 9 }));
    return agrees(
      () => regions(...filler, ...many),
      (events) => events.filter(([, x, y]) => many.some((region) => region.x === x && region.y === y)),
    );
  });

  it("refuse what cannot be", () => {
    expect(() => arbiterLines(SIZE, { share: 0 })).toThrow("share");
    expect(() => timeWindow(5, 4)).toThrow("time window");
    expect(() => regions({ x: 0, y: 0, width: 0, height: 1 })).toThrow("region width");
    expect(() => everyNth(0)).toThrow("every");
    expect(() => maskPixels(new Uint8Array(5), 2, 3)).toThrow("mask");
    expect(() => refractory(0, SIZE)).toThrow("microseconds");
  });
});

describe("filters with a memory", () => {
  it("refractory: a dead time behind each event that is kept", () =>
    agrees(
      () => refractory(30, SIZE),
      (events) => {
        const kept: Event[] = [];
        for (const event of events) {
          const before = kept.findLast(([, x, y]) => x === event[1] && y === event[2]);
          if (before === undefined || event[0] - before[0] >= 30) kept.push(event);
        }
        return kept;
      },
    ));

  it("background activity: one of the eight neighbours fired not long before", () =>
    agrees(
      () => backgroundActivity(25, SIZE),
      (events) =>
        events.filter(([t, x, y], i) =>
          events
            .slice(0, i)
            .some(([t2, x2, y2]) => t2 >= t - 25 && Math.max(Math.abs(x2 - x), Math.abs(y2 - y)) === 1),
        ),
    ));

  it.each(["row", "column"] as const)("arbiter lines: a %s that fired at once", (axis) =>
    agrees(
      () => arbiterLines({ width: 5, height: 3 }, { share: 0.4, axis }),
      (events) => {
        const inside = events.filter(([, x, y]) => x < 5 && y < 3);
        const line = ([t, x, y]: Event) => `${t} ${axis === "row" ? y : x}`;
        const most = axis === "row" ? 2 : 1.2;
        return inside.filter((event) => inside.filter((other) => line(other) === line(event)).length <= most);
      },
      bursts,
    ),
  );

  it("arbiter lines do not depend on where chunks end", () =>
    fc.assert(
      fc.asyncProperty(bursts, fc.nat(9), async (chunks, size) => {
        const events = chunks.flat();
        const pieces = Array.from({ length: Math.ceil(events.length / (size + 1)) }, (_, i) =>
          events.slice(i * (size + 1), (i + 1) * (size + 1)),
        );
        expect(await run(arbiterLines(SIZE), pieces)).toEqual(await run(arbiterLines(SIZE), chunks));
      }),
    ));

  it("rate limit: the first so many of each window", () =>
    agrees(
      () => rateLimit(3, 50),
      (events) => {
        const windowOf = (t: number): number => Math.floor((t - events[0]![0]) / 50);
        return events.filter(
          ([t], i) => events.slice(0, i).filter(([before]) => windowOf(before) === windowOf(t)).length < 3,
        );
      },
    ));
});

describe("transforms", () => {
  const moved = (move: (x: number, y: number) => readonly [number, number]) => (events: readonly Event[]) =>
    events.map(([t, x, y, p]): Event => [t, ...move(x, y), p]);

  it.each([
    ["flipX", flipX(SIZE), (x: number, y: number) => [5 - x, y] as const, SIZE],
    ["flipY", flipY(SIZE), (x: number, y: number) => [x, 3 - y] as const, SIZE],
    ["transpose", transpose(), (x: number, y: number) => [y, x] as const, { width: 4, height: 6 }],
    ["rotate 90", rotate(90, SIZE), (x: number, y: number) => [3 - y, x] as const, { width: 4, height: 6 }],
    ["rotate 180", rotate(180, SIZE), (x: number, y: number) => [5 - x, 3 - y] as const, SIZE],
    ["rotate 270", rotate(270, SIZE), (x: number, y: number) => [y, 5 - x] as const, { width: 4, height: 6 }],
    [
      "rescale",
      rescale(SIZE, { width: 3, height: 8 }),
      (x: number, y: number) => [Math.floor(x / 2), 2 * y] as const,
      { width: 3, height: 8 },
    ],
  ] as const)("%s moves every event", async (_, filter, move, size) => {
    await agrees(() => filter, moved(move));
    expect(filter.sizeAfter?.(SIZE) ?? SIZE).toEqual(size);
  });

  it("crop keeps a rectangle and counts from its corner", () =>
    agrees(
      () => crop({ x: 1, y: 2, width: 3, height: 2 }),
      (events) =>
        events
          .filter(([, x, y]) => x >= 1 && x < 4 && y >= 2)
          .map(([t, x, y, p]): Event => [t, x - 1, y - 2, p]),
    ));

  it("events outside the sensor are dropped where a place has no meaning for them", async () => {
    const outside: Event[][] = [[[1, 9, 9, 1]]];
    for (const filter of [
      flipX(SIZE),
      flipY(SIZE),
      rotate(90, SIZE),
      rescale(SIZE, SIZE),
      refractory(5, SIZE),
    ]) {
      expect(await run(filter, outside)).toEqual([]);
    }
  });
});
