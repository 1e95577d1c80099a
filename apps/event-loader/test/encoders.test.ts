import { seededRandom } from "@millrace/base";
import { fileSource, MemoryVfs } from "@millrace/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NpzSink, OUTPUT_FORMATS, openEncoder, openEventSink, openRecording } from "../src/index.ts";
import { chunkOf, type Event, readEvents } from "./helpers.ts";

const SIZE = { width: 640, height: 480 };

/** As what a format is read, where that is another name. */
const READ_AS: Readonly<Record<string, string>> = {
  NPY: "NumPy",
  NPZ: "NumPy",
  "rpg-text": "text",
  "v2e-text": "text",
  "metavision-csv": "text",
  "HDF5-DSEC": "HDF5",
  "HDF5-Metavision": "HDF5",
};
/** Formats without a place for the sensor's size. */
const SIZELESS = ["NPY", "NPZ"];
/** Formats that take events in any order, at any time. */
const UNORDERED = ["NPY", "NPZ", "rpg-text", "v2e-text", "metavision-csv"];

/** Writes events in chunks, and reads them back. */
async function roundTrip(format: string, chunks: readonly (readonly Event[])[], size = SIZE) {
  const vfs = new MemoryVfs();
  const path = "out";
  {
    await using sink = await openEventSink(path, { to: format, size, vfs });
    let rows = 0;
    for (const events of chunks) {
      await sink.write(chunkOf(events));
      rows += events.length;
    }
    expect(await sink.finish()).toEqual({ rows, bytes: (await vfs.stat(path)).size });
  }
  expect((await vfs.list("/")).map(({ name }) => name)).toEqual([path]);
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

describe.each(OUTPUT_FORMATS)("%s", (format) => {
  it("gives back what was written, in any chunks, with its format and size", async () => {
    const events = scene(20_000, 61, 4e9);
    for (const size of [97, 20_000]) {
      const chunks = Array.from({ length: Math.ceil(events.length / size) }, (_, i) =>
        events.slice(i * size, (i + 1) * size),
      );
      const read = await roundTrip(format, chunks);
      expect(read.events).toEqual(events);
      expect(read.recording.format).toBe(READ_AS[format] ?? format);
      if (!SIZELESS.includes(format)) expect(read.recording).toMatchObject(SIZE);
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
    if (UNORDERED.includes(format)) return;
    for (const events of [
      [
        [5, 1, 1, 0],
        [4, 1, 1, 0],
      ],
      [[5, 640, 1, 0]],
      [[5, 1, 480, 0]],
      [[-1, 1, 1, 0]],
    ] as Event[][]) {
      // A time before 0 may be the first of DSEC's.
      if (format === "HDF5-DSEC" && events[0]![0] < 0) continue;
      const vfs = new MemoryVfs();
      await using sink = await openEventSink("out", { to: format, size: SIZE, vfs });
      await expect(sink.write(chunkOf(events))).rejects.toMatchObject({
        code: expect.stringMatching(/EVENTS_(TIME_ORDER|PIXEL_RANGE)/),
      });
      await sink.close();
      expect(await vfs.list("/")).toEqual([]);
    }
  });
});

it.each(UNORDERED)("%s holds any times in any order, and any places, exactly", async (format) => {
  const event = fc.tuple(
    fc.oneof(fc.nat(10), fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
    fc.nat(65_535),
    fc.nat(65_535),
    fc.nat(1),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
      const vfs = new MemoryVfs();
      await using sink = await openEventSink("out", { to: format, vfs });
      await sink.write(chunkOf(events));
      await sink.finish();
      const isText = READ_AS[format] === "text";
      // Few lines, in no order, do not tell their columns.
      const columns =
        format === "metavision-csv" ? (["x", "y", "p", "t"] as const) : (["t", "x", "y", "p"] as const);
      const hints = isText ? ({ columns, timeUnit: format === "metavision-csv" ? "us" : "s" } as const) : {};
      await using recording = await openRecording("out", { vfs, ...hints });
      expect(await readEvents(recording)).toEqual(events);
    }),
    { numRuns: 50 },
  );
});

it("text without events is its first lines", async () => {
  const vfs = new MemoryVfs();
  for (const [to, text] of [
    ["rpg-text", "# geometry 640x480\n"],
    ["v2e-text", "# geometry 640x480\n# t (s) x y p (0 off, 1 on)\n"],
    ["metavision-csv", "%geometry:640,480\n"],
  ] as const) {
    await using sink = await openEventSink(to, { to, size: SIZE, vfs });
    const { bytes } = await sink.finish();
    await using source = await fileSource(vfs, to);
    const content = new Uint8Array(bytes);
    await source.read(content, 0);
    expect(new TextDecoder().decode(content)).toBe(text);
  }
});

it("DSEC's layout holds 71 minutes from the first event on, whenever that was", async () => {
  const start = 1_600_000_000_000_000;
  const events: Event[] = [
    [start, 1, 1, 1],
    [start + 2 ** 32 - 1, 2, 1, 0],
  ];
  expect((await roundTrip("HDF5-DSEC", [events.slice(0, 1), events.slice(1)])).events).toEqual(events);
  await expect(roundTrip("HDF5-DSEC", [[events[0]!, [start + 2 ** 32, 1, 1, 1]]])).rejects.toMatchObject({
    code: "EVENTS_TIME_ORDER",
  });
  const before: Event[] = [
    [-1_500_000, 0, 0, 0],
    [7, 0, 0, 1],
  ];
  expect((await roundTrip("HDF5-DSEC", [before])).events).toEqual(before);
});

it("NPZ refuses more events than memory shall hold, by name", async () => {
  const vfs = new MemoryVfs();
  await using sink = await NpzSink.create("a.npz", vfs, 25);
  await sink.write(chunkOf([[1, 1, 1, 1]]));
  expect(sink.bufferedBytes).toBe(13);
  await expect(sink.write(chunkOf([[2, 1, 1, 1]]))).rejects.toMatchObject({ code: "EVENTS_NUMPY_MEMORY" });
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
