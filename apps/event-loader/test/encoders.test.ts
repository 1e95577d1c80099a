import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENCODED_FORMATS, EncoderSink, openEncoder, openRecording } from "../src/index.ts";
import { chunkOf, type Event, readEvents } from "./helpers.ts";

const SIZE = { width: 640, height: 480 };

/** Writes events in chunks, and reads them back. */
async function roundTrip(format: string, chunks: readonly (readonly Event[])[], size = SIZE) {
  const vfs = new MemoryVfs();
  const path = `out${format === "ES" ? ".es" : ".raw"}`;
  {
    await using sink = await EncoderSink.create(path, openEncoder(format, size), vfs);
    for (const events of chunks) await sink.write(chunkOf(events));
    await sink.finish();
  }
  await using recording = await openRecording(path, { vfs });
  const events = await readEvents(recording);
  return { events, recording };
}

/** Rows of neighbours now and then, so that vectors are written; times that stand and leap. */
function scene(count: number, seed: number, latestUs: number): Event[] {
  const random = seededRandom(seed);
  const events: Event[] = [];
  let t = random.nextInt(0, 1000);
  while (events.length < count) {
    t = Math.min(
      latestUs,
      t + (random.next() < 0.01 ? random.nextInt(0, 20_000_000) : random.nextInt(0, 90)),
    );
    const [y, p] = [random.nextInt(0, 479), random.nextInt(0, 1)];
    const row = random.next() < 0.3 ? random.nextInt(2, 70) : 1;
    let x = random.nextInt(0, 639);
    for (let i = 0; i < row && x < 640; i++, x += random.nextInt(1, 3)) events.push([t, x, y, p]);
  }
  return events.slice(0, count);
}

describe.each(ENCODED_FORMATS)("%s", (format) => {
  it("gives back what was written, in any chunks, with its format and size", async () => {
    const events = scene(20_000, 61, 4e9);
    for (const size of [97, 20_000]) {
      const chunks = Array.from({ length: Math.ceil(events.length / size) }, (_, i) =>
        events.slice(i * size, (i + 1) * size),
      );
      const read = await roundTrip(format, chunks);
      expect(read.events).toEqual(events);
      expect(read.recording).toMatchObject({ format, ...SIZE });
      expect(read.recording.violations).toEqual({});
    }
  });

  it("gives back any sorted events", async () => {
    const event = fc.tuple(fc.nat(3000), fc.nat(639), fc.nat(479), fc.nat(1));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), fc.nat(60), async (steps, cut) => {
        let time = 0;
        const events = steps.map(([dt, x, y, p]): Event => {
          time += dt;
          return [time, x, y, p];
        });
        const read = await roundTrip(format, [events.slice(0, cut), events.slice(cut)]);
        expect(read.events).toEqual(events);
      }),
      { numRuns: 60 },
    );
  });

  it("writes a recording without events", async () => {
    expect((await roundTrip(format, [])).events).toEqual([]);
  });

  it("refuses times that fall and places outside, and leaves no file", async () => {
    for (const events of [
      [
        [5, 1, 1, 0],
        [4, 1, 1, 0],
      ],
      [[5, 640, 1, 0]],
      [[5, 1, 480, 0]],
      [[-1, 1, 1, 0]],
    ] as Event[][]) {
      const vfs = new MemoryVfs();
      await using sink = await EncoderSink.create("out", openEncoder(format, SIZE), vfs);
      await expect(sink.write(chunkOf(events))).rejects.toMatchObject({
        code: expect.stringMatching(/EVENTS_(TIME_ORDER|PIXEL_RANGE)/),
      });
      await sink.close();
      expect(await vfs.list("/")).toEqual([]);
    }
  });
});

it.each(["EVT2", "EVT2.1", "EVT4"])("%s goes on behind the wrap of its clock", async (format) => {
  const day = 86_400_000_000;
  const events: Event[] = [
    [2 ** 34 - 1, 1, 1, 1],
    [2 ** 34, 2, 1, 1],
    [2 ** 34 + 70, 3, 1, 0],
    [3 * day, 4, 1, 1],
    [3 * day + 1, 5, 1, 1],
  ];
  expect((await roundTrip(format, [events.slice(0, 1), events.slice(1)])).events).toEqual(events);
  // The first event may come behind several wraps.
  expect((await roundTrip(format, [events.slice(3)])).events).toEqual(events.slice(3));
});

it("DAT refuses a time beyond its 32 bits, and sizes that a format cannot have are refused", async () => {
  await expect(roundTrip("DAT", [[[2 ** 32, 1, 1, 1]]])).rejects.toMatchObject({ code: "EVENTS_TIME_ORDER" });
  expect((await roundTrip("DAT", [[[2 ** 32 - 1, 1, 1, 1]]])).events).toHaveLength(1);
  expect(() => openEncoder("EVT2", { width: 2049, height: 1 })).toThrow("width");
  expect(() => openEncoder("GIF", SIZE)).toThrow("EVT2.1");
});
