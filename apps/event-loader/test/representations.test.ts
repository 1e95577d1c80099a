import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binaryFrame,
  countFrame,
  polarityFrames,
  type Representation,
  stackedHistogram,
  timeSurface,
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

it("sizes, windows and times that cannot be are refused", () => {
  expect(() => countFrame({ width: 0, height: 1 })).toThrow("width");
  expect(() => voxelGrid({ width: 65_536, height: 65_536 }, WINDOW)).toThrow("values");
  expect(() => voxelGrid(SIZE, { ...WINDOW, stopUs: START })).toThrow("window");
  expect(() => stackedHistogram(SIZE, { ...WINDOW, bins: 0 })).toThrow("bins");
  expect(() => timeSurface({ ...SIZE, tauUs: 0 })).toThrow("tau");
});
