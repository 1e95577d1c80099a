import { MemoryVfs } from "@millrace/files";
import { encodePng } from "@millrace/plot";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  SCENE_NAMES,
  type SimulatorFrame,
  type SimulatorOptions,
  sceneFrames,
  simulateEvents,
} from "../src/index.ts";
import { openImageSequence } from "../src/render.ts";
import { type Event, eventsOf } from "./helpers.ts";

const SIZE = { width: 3, height: 2 };

async function simulate(
  frames: Iterable<SimulatorFrame> | AsyncIterable<SimulatorFrame>,
  size = SIZE,
  options: SimulatorOptions = {},
): Promise<Event[]> {
  const events: Event[] = [];
  for await (const chunk of simulateEvents(frames, size, { rowsPerChunk: 32, ...options })) {
    events.push(...eventsOf(chunk));
    chunk.release();
  }
  return events;
}

const exponential = (log: number): number => Math.exp(log) - 0.001;

it("a straight rise of the logarithm gives events at even times", async () => {
  const frame = (timeUs: number, log: number) => ({ timeUs, values: Float32Array.of(exponential(log)) });
  const pixel = { width: 1, height: 1 };
  const rise = [frame(1000, -3), frame(11_000, -1.95)];
  const options = { onThreshold: 0.25, offThreshold: 0.5 };
  // 1.05 in 10 ms: 0.25 each 2381 µs.
  expect(await simulate(rise, pixel, options)).toEqual(
    [1, 2, 3, 4].map((k) => [1000 + Math.round((k * 0.25 * 10_000) / 1.05), 0, 0, 1]),
  );
  // From -2, where the last event was, down to -2.5: 0.55 of a fall by 0.95.
  const falling = await simulate([...rise, frame(21_000, -2.9)], pixel, options);
  expect(falling.slice(4)).toEqual([[11_000 + Math.round((0.55 / 0.95) * 10_000), 0, 0, 0]]);
  const slow = await simulate(rise, pixel, { ...options, refractoryUs: 4000 });
  expect(slow.map(([t]) => t)).toEqual([3381, 8143]);
});

/** Frames with times that rise, of random brightness. */
const films = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 4000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((steps) => {
    let timeUs = 2 ** 32 - 5000;
    return steps.map(([dt, values]) => {
      timeUs += dt;
      return { timeUs, values: Float32Array.from(values) };
    });
  });

it("agrees with a simulator of one pixel at a time", () =>
  fc.assert(
    fc.asyncProperty(films, fc.nat(900), fc.constantFrom(0, 50), async (film, refractoryUs, leakHz) => {
      const options = { onThreshold: 0.31, offThreshold: 0.17, refractoryUs, leakHz };
      const expected: Event[] = [];
      for (let i = 0; i < 6; i++) {
        const level = (k: number) =>
          Math.log(film[k]!.values[i]! + 0.001) + leakHz * 0.31 * 1e-6 * (film[k]!.timeUs - film[0]!.timeUs);
        let [reference, last] = [level(0), -Infinity];
        for (let k = 1; k < film.length; k++) {
          const [from, to] = [level(k - 1), level(k)];
          const [start, duration] = [film[k - 1]!.timeUs, film[k]!.timeUs - film[k - 1]!.timeUs];
          for (;;) {
            const p = to > from ? 1 : 0;
            const next = reference + (p === 1 ? 0.31 : -0.17);
            if (to === from || (p === 1 ? next > to : next < to)) break;
            reference = next;
            const time = start + (duration * (next - from)) / (to - from);
            if (time - last < refractoryUs) continue;
            last = time;
            expected.push([Math.round(time), i % 3, Math.floor(i / 3), p]);
          }
        }
      }
      expected.sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[1] - b[1] || a[3] - b[3]);
      const found = await simulate(film, SIZE, options);
      // A time on the border of two microseconds may be rounded to either.
      expect(found.length).toBe(expected.length);
      const byPixel = (events: readonly Event[]) =>
        events.toSorted((a, b) => a[2] - b[2] || a[1] - b[1] || a[0] - b[0] || a[3] - b[3]);
      const pairs = byPixel(expected).map((event, i) => [event, byPixel(found)[i]!] as const);
      for (const [a, b] of pairs) {
        expect([a[1], a[2]]).toEqual([b[1], b[2]]);
        expect(Math.abs(a[0] - b[0])).toBeLessThanOrEqual(1);
      }
      expect(found).toEqual(found.toSorted((a, b) => a[0] - b[0]));
    }),
    { numRuns: 100 },
  ));

it("noise has its rate, and depends on the seed", async () => {
  const size = { width: 20, height: 20 };
  const still = [0, 1, 2].map((k) => ({ timeUs: k * 1e6, values: new Float32Array(400).fill(0.5) }));
  const events = await simulate(still, size, { noiseHz: 5 });
  // 400 pixels, 5 Hz, 2 s: 4000 ± 5 standard deviations.
  expect(Math.abs(events.length - 4000)).toBeLessThan(320);
  expect(events.every(([t, x, y]) => t <= 2e6 && x < 20 && y < 20)).toBe(true);
  expect(await simulate(still, size, { noiseHz: 5 })).toEqual(events);
  expect(await simulate(still, size, { noiseHz: 5, seed: 9 })).not.toEqual(events);
});

it.each(SCENE_NAMES)("scene %s gives events of both polarities", async (name) => {
  const size = { width: 40, height: 30 };
  const events = await simulate(sceneFrames(name, { ...size, durationUs: 50_000 }), size);
  expect(events.filter((e) => e[3] === 1).length).toBeGreaterThan(20);
  expect(events.filter((e) => e[3] === 0).length).toBeGreaterThan(20);
});

it("pictures of a folder are frames, in the order of their numbers", async () => {
  const vfs = new MemoryVfs();
  await vfs.makeDirectory("/film");
  const palette = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const write = async (name: string, grey: number, width = 3) => {
    await using file = await vfs.open(`/film/${name}`, "create-or-truncate");
    await file.write(encodePng(new Uint8Array(2 * width).fill(grey), { width, height: 2, palette }), 0);
  };
  await write("f10.png", 255);
  await write("f9.png", 51);
  const film = await openImageSequence(vfs, "/film", 50);
  expect(film).toMatchObject({ size: SIZE, count: 2 });
  const events = await simulate(film.frames(), film.size, { onThreshold: 0.8 });
  expect(events).toHaveLength(12);
  expect(events.every(([t, , , p]) => t > 0 && t <= 20_000 && p === 1)).toBe(true);
  await write("f11.png", 1, 4);
  await expect(simulate((await openImageSequence(vfs, "/film", 50)).frames())).rejects.toThrow("3 x 2");
  await expect(openImageSequence(vfs, "/", 50)).rejects.toThrow("PNG files");
});

it("refuses what cannot be", async () => {
  const frame = (timeUs: number, pixels = 6) => ({ timeUs, values: new Float32Array(pixels) });
  await expect(simulate([frame(5), frame(5)])).rejects.toThrow("above 5");
  await expect(simulate([frame(5, 7)])).rejects.toThrow("pixels of a frame");
  await expect(simulate([], SIZE, { onThreshold: 0 })).rejects.toThrow("onThreshold");
  await expect(simulate([], SIZE, { noiseHz: -1 })).rejects.toThrow("noiseHz");
  const bright = { timeUs: 9, values: new Float32Array(6).fill(1) };
  await expect(simulate([frame(5), bright], SIZE, { limit: 4 })).rejects.toThrow("limit");
});
