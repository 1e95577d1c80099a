import { type ByteSource, bytesSource } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { DEFAULT_EVENT_QUERY, type EventQuery, openEncoder, openRecording } from "../src/index.ts";
import { chunkOf, type Event, openBytes, readEvents, recordingBytes } from "./helpers.ts";

const EVENTS = Array.from(
  { length: 100_000 },
  (_, i): Event => [5 * i, (i * 7) % 64, (i * 3) % 48, (i >> 1) & 1],
);

function encoded(format: string): Uint8Array {
  const encoder = openEncoder(format, { width: 64, height: 48 });
  return Uint8Array.from(Buffer.concat([encoder.header().slice(), encoder.encode(chunkOf(EVENTS))]));
}

const EVT3 = encoded("EVT3");
const mask = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 5 === 0 ? 1 : 0));

describe("a query", () => {
  it.each<[EventQuery, (event: Event) => boolean]>([
    [{}, () => true],
    [{ from: 1000 }, ([t]) => t >= 1000],
    [{ until: 1000 }, ([t]) => t < 1000],
    [{ from: 1000, until: 1001 }, ([t]) => t === 1000],
    [{ polarity: 0 }, ([, , , p]) => p === 0],
    [
      {
        regions: [
          { x: 3, y: 4, width: 5, height: 6 },
          { x: 30, y: 0, width: 1, height: 48 },
        ],
      },
      ([, x, y]) => (x >= 3 && x < 8 && y >= 4 && y < 10) || x === 30,
    ],
    [{ mask: { pixels: mask, width: 64, height: 48 } }, ([, x, y]) => mask[y * 64 + x] === 0],
  ])("%j gives the events that it names", async (query, isWanted) => {
    await using recording = await openBytes(EVT3);
    const wanted = EVENTS.filter(isWanted);
    expect(await readEvents(recording, query)).toEqual(wanted);
    const thinned = await readEvents(recording, { ...query, everyNth: 7 });
    expect(thinned).toEqual(wanted.filter((_, i) => i % 7 === 0));
  });

  it.each<[string, boolean | undefined, boolean]>([
    ["EVT3", true, true],
    ["EVT3", undefined, false],
    ["ES", undefined, true],
  ])("of %s, said to be sorted: %s, ends reading early: %s", async (format, isSorted, isEarly) => {
    const bytes = encoded(format);
    const inner = bytesSource(bytes);
    let last = 0;
    const source: ByteSource = {
      name: "counted",
      size: inner.size,
      read: (into, position) => {
        last = Math.max(last, position + into.length);
        return inner.read(into, position);
      },
      close: () => inner.close(),
      [Symbol.asyncDispose]: () => inner.close(),
    };
    await using recording = await openRecording(source, { readBytes: 4096, rowsPerChunk: 1024 });
    last = 0;
    const found = await readEvents(recording, { until: 50_000, isSorted });
    expect(found).toEqual(EVENTS.slice(0, 10_000));
    if (isEarly) expect(last).toBeLessThan(bytes.length / 4);
    else expect(last).toBeGreaterThanOrEqual(bytes.length);
  });

  it.each([
    [{ from: 2, until: 1 }, "EVENTS_FILTER_RANGE"],
    [{ from: Number.NaN }, "EVENTS_FILTER_RANGE"],
    [{ everyNth: 0 }, "EVENTS_OPTION_RANGE"],
    [{ mask: { pixels: mask, width: 3, height: 3 } }, "EVENTS_FILTER_SHAPE"],
    [{ untill: 5 }, "EVENTS_OPTION_UNKNOWN"],
  ] as [EventQuery, string][])("%j is refused", async (query, code) => {
    await using recording = await openBytes(EVT3);
    await expect(readEvents(recording, query)).rejects.toMatchObject({ code });
  });

  it("has frozen defaults", () => {
    expect(Object.isFrozen(DEFAULT_EVENT_QUERY)).toBe(true);
  });
});

describe("a stream as a recording", () => {
  const pieces = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 777) yield bytes.slice(at, at + 777);
  };

  it.each(["EVT2", "EVT3", "DAT", "ES", "AEDAT4", "rpg-text", "NPY"])("is read as %s", async (format) => {
    const encoder = openEncoder(format, { width: 64, height: 48 });
    const body = Buffer.concat([
      encoder.header().slice(),
      encoder.encode(chunkOf(EVENTS.slice(0, 3000))).slice(),
    ]);
    const { end, header } = encoder.finish?.() ?? {};
    const bytes = Uint8Array.from(end === undefined ? body : Buffer.concat([body, end]));
    if (header !== undefined) bytes.set(header);
    await using recording = await openRecording(pieces(bytes));
    expect(await readEvents(recording)).toEqual(EVENTS.slice(0, 3000));
    expect(recording.size).toBe(bytes.length);
  });

  it("is read once: a second pass is refused, by name", async () => {
    await using recording = await openRecording(
      pieces(Uint8Array.from(Buffer.concat([EVT3, ...Array.from({ length: 30 }, () => EVT3)]))),
    );
    await readEvents(recording, { until: 0 });
    await expect(readEvents(recording)).rejects.toMatchObject({ code: "FILES_STREAM_ORDER" });
  });

  it("may be a web stream", async () => {
    await using recording = await openRecording(new Blob([recordingBytes()]).stream());
    expect((await readEvents(recording)).length).toBe(3000);
  });
});

describe("what is known of a recording", () => {
  it.each([
    ["EVT2", { polarity: "0/1", timeUnit: "us", timeOrigin: "start of the camera", yDirection: "down" }],
    ["ES", { polarity: "0/1", timeUnit: "us", timeOrigin: "start of the recording", yDirection: "up" }],
    ["AEDAT4", { polarity: "0/1", timeUnit: "us", timeOrigin: "1970", yDirection: "down" }],
    ["rpg-text", { polarity: "unknown", timeUnit: "s", timeOrigin: "unknown", yDirection: "unknown" }],
  ])("of %s tells where it comes from", async (format, provenance) => {
    await using recording = await openBytes(encoded(format));
    expect(recording.meta).toMatchObject({ format: recording.format, provenance });
    expect(recording.meta.header).toBe(recording.metadata);
  });
});
