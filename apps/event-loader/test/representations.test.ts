import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  averagedTimeSurface,
  binaryFrame,
  countFrame,
  eventCube,
  mixedDensityStack,
  pointSet,
  polarityFrames,
  type Representation,
  stackedHistogram,
  timeSurface,
  toreVolume,
  voxelGrid,
} from "../src/index.ts";
import { chunkOf, type Event } from "./helpers.ts";

const WIDTH = 5;
const HEIGHT = 3;
const SIZE = { width: WIDTH, height: HEIGHT };
const START = 2 ** 32 - 100;
const WINDOW = { startUs: START, stopUs: START + 200, bins: 4 };

/** Events in and around the window, some of them outside the sensor, in two chunks. */
const recordings = fc
  .tuple(fc.array(fc.tuple(fc.nat(8), fc.nat(5), fc.nat(3), fc.nat(1)), { maxLength: 70 }), fc.nat(70))
  .map(([steps, cut]): Event[][] => {
    let time = START - 20;
    const events = steps.map(([dt, x, y, p]): Event => {
      time += dt;
      return [time, x, y, p];
    });
    return [events.slice(0, cut), events.slice(cut)];
  });

/** Compares with the formula, written for one value at a time: value(channel, y, x) out of all events. */
function agrees(
  make: () => Representation,
  channels: number,
  value: (events: readonly Event[], channel: number, y: number, x: number) => number,
): void {
  fc.assert(
    fc.property(recordings, (chunks) => {
      const representation = make();
      for (const events of chunks) representation.add(chunkOf(events));
      expect(representation.shape).toEqual([channels, HEIGHT, WIDTH]);
      const values = representation.values();
      const events = chunks.flat();
      for (let channel = 0; channel < channels; channel++) {
        for (let y = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++) {
            const found = values[(channel * HEIGHT + y) * WIDTH + x]!;
            expect(found).toBeCloseTo(value(events, channel, y, x), 5);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
}

const at = (events: readonly Event[], y: number, x: number) => events.filter((e) => e[1] === x && e[2] === y);
const inWindow = ([t]: Event) => t >= WINDOW.startUs && t <= WINDOW.stopUs;

describe("representations agree with their formulas", () => {
  it("count, polarity and binary frames", () => {
    agrees(
      () => countFrame(SIZE),
      1,
      (events, _, y, x) => at(events, y, x).length,
    );
    agrees(
      () => polarityFrames(SIZE),
      2,
      (events, channel, y, x) => at(events, y, x).filter((e) => e[3] === channel).length,
    );
    agrees(
      () => binaryFrame(SIZE),
      1,
      (events, _, y, x) => Math.min(1, at(events, y, x).length),
    );
  });

  it("stacked histogram", () =>
    agrees(
      () => stackedHistogram(SIZE, WINDOW),
      8,
      (events, channel, y, x) =>
        at(events, y, x)
          .filter(inWindow)
          .filter(([t, , , p]) => {
            const bin = Math.min(3, Math.floor((4 * (t - START)) / 200));
            return channel === 4 * p + bin;
          }).length,
    ));

  it.each([1, 2, 5])("voxel grid of %i bins", (bins) =>
    agrees(
      () => voxelGrid(SIZE, { ...WINDOW, bins }),
      bins,
      (events, channel, y, x) =>
        at(events, y, x)
          .filter(inWindow)
          .reduce((sum, [t, , , p]) => {
            const scaled = ((bins - 1) * (t - START)) / 200;
            return sum + (p === 1 ? 1 : -1) * Math.max(0, 1 - Math.abs(channel - scaled));
          }, 0),
    ),
  );

  it.each(["exponential", "linear"] as const)("%s time surface", (decay) =>
    agrees(
      () => timeSurface({ ...SIZE, tauUs: 40, decay }),
      2,
      (events, channel, y, x) => {
        const inside = events.filter((e) => e[1] < WIDTH && e[2] < HEIGHT);
        const now = Math.max(...inside.map(([t]) => t));
        const last = at(inside, y, x).findLast((e) => e[3] === channel);
        if (last === undefined) return 0;
        const age = (now - last[0]) / 40;
        return decay === "linear" ? Math.max(0, 1 - age) : Math.exp(-age);
      },
    ),
  );
});

const inside = ([, x, y]: Event) => x < WIDTH && y < HEIGHT;

describe("representations of the latest events and of neighbourhoods agree with their formulas", () => {
  it.each([1, 3])("event cube of %i bins", (bins) =>
    agrees(
      () => eventCube(SIZE, { ...WINDOW, bins }),
      2 * bins,
      (events, channel, y, x) =>
        at(events, y, x)
          .filter(inWindow)
          .filter((e) => e[3] === Math.floor(channel / bins))
          .reduce((sum, [t]) => {
            const scaled = ((bins - 1) * (t - START)) / 200;
            return sum + Math.max(0, 1 - Math.abs((channel % bins) - scaled));
          }, 0),
    ),
  );

  it("mixed-density stack: each channel holds half the events of the one before, rounded up", () =>
    agrees(
      () => mixedDensityStack({ ...SIZE, channels: 5 }),
      5,
      (events, channel, y, x) => {
        let latest = events.filter(inside);
        for (let c = 0; c < channel; c++) latest = latest.slice(Math.floor(latest.length / 2));
        const last = at(latest, y, x).at(-1);
        return last === undefined ? 0 : 2 * last[3] - 1;
      },
    ));

  it.each([undefined, START + 60])("TORE volume at %s", (atUs) =>
    agrees(
      () => toreVolume({ ...SIZE, depth: 3, minUs: 10, maxUs: 70, ...(atUs === undefined ? {} : { atUs }) }),
      6,
      (events, channel, y, x) => {
        const seen = events.filter(inside).filter(([t]) => t <= (atUs ?? Infinity));
        const now = atUs ?? Math.max(...seen.map(([t]) => t));
        const ofPixel = at(seen, y, x).filter((e) => e[3] === Math.floor(channel / 3));
        const age = Math.min(70, now - (ofPixel.at(-1 - (channel % 3))?.[0] ?? -Infinity));
        return Math.max(0, Math.log(1 + (Number.isNaN(age) ? 70 : age)) - Math.log(11));
      },
    ),
  );

  it("averaged time surfaces: the mean of the surfaces of a cell's events", () => {
    const [cellPixels, radius, tauUs, windowUs] = [2, 1, 30, 45];
    fc.assert(
      fc.property(recordings, (chunks) => {
        const surface = averagedTimeSurface({ ...SIZE, cellPixels, radius, tauUs, windowUs });
        for (const events of chunks) surface.add(chunkOf(events));
        const cells = 3 * 2;
        expect(surface.shape).toEqual([2 * cells, 3, 3]);
        const values = surface.values();
        const cellOf = ([, x, y]: Event) => Math.floor(y / cellPixels) * 3 + Math.floor(x / cellPixels);
        for (let i = 0; i < values.length; i++) {
          const [channel, dy, dx] = [Math.floor(i / 9), Math.floor((i % 9) / 3) - 1, (i % 3) - 1];
          const own = chunks
            .flat()
            .filter(inside)
            .filter((e) => 2 * cellOf(e) + e[3] === channel);
          const sum = own.reduce((total, [t, x, y]) => {
            const before = own.filter(
              (e) => e[1] === x + dx && e[2] === y + dy && e[0] < t && e[0] >= t - windowUs,
            );
            return total + before.reduce((value, [tj]) => value + Math.exp((tj - t) / tauUs), 0);
          }, 0);
          expect(values[i]!).toBeCloseTo(own.length === 0 ? 0 : sum / own.length, 5);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("point sets hold an event a row, from 0 to 1", () =>
    fc.assert(
      fc.property(recordings, (chunks) => {
        const set = pointSet({ ...SIZE, startUs: START, stopUs: START + 200 });
        for (const events of chunks) set.add(chunkOf(events));
        const expected = chunks
          .flat()
          .filter(inside)
          .filter(inWindow)
          .flatMap(([t, x, y, p]) => [x / 4, y / 2, (t - START) / 200, p === 1 ? 1 : -1]);
        expect(set.shape).toEqual([1, expected.length / 4, 4]);
        expect([...set.values()]).toEqual([...Float32Array.from(expected)].map((v) => expect.closeTo(v, 6)));
      }),
      { numRuns: 60 },
    ));
});

it("sizes, windows and times that cannot be are refused", () => {
  expect(() => countFrame({ width: 0, height: 1 })).toThrow("width");
  expect(() => voxelGrid({ width: 65_536, height: 65_536 }, WINDOW)).toThrow("values");
  expect(() => voxelGrid(SIZE, { ...WINDOW, stopUs: START })).toThrow("window");
  expect(() => stackedHistogram(SIZE, { ...WINDOW, bins: 0 })).toThrow("bins");
  expect(() => timeSurface({ ...SIZE, tauUs: 0 })).toThrow("tau");
  expect(() => mixedDensityStack({ ...SIZE, channels: 0 })).toThrow("channels");
  expect(() => toreVolume({ ...SIZE, depth: 0 })).toThrow("depth");
  expect(() => toreVolume({ ...SIZE, depth: 1, minUs: 9, maxUs: 9 })).toThrow("TORE");
  expect(() => averagedTimeSurface({ ...SIZE, cellPixels: 2, radius: 1, tauUs: 5, windowUs: 0 })).toThrow(
    "window",
  );
  const small = pointSet({ ...SIZE, startUs: 0, stopUs: 9, limit: 1 });
  expect(() =>
    small.add(
      chunkOf([
        [1, 1, 1, 1],
        [2, 1, 1, 1],
      ]),
    ),
  ).toThrow("limit");
});
