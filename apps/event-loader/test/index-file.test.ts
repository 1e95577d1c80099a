import { seededRandom } from "@millrace/base";
import { atomicWrite, type ByteSource, bytesSource, MemoryVfs } from "@millrace/files";
import { beforeAll, describe, expect, it } from "vitest";
import { openEncoder, openRecording } from "../src/index.ts";
import { chunkOf, type Event, eventsOf, readEvents } from "./helpers.ts";

const FORMATS = ["EVT2", "EVT2.1", "EVT3", "EVT4", "DAT", "ES", "AEDAT4"] as const;
const COUNT = 60_000;

/** Bursts and pauses over 3 s, 64 x 48 pixels. */
function someEvents(): Event[] {
  const random = seededRandom(5);
  let t = 1000;
  return Array.from({ length: COUNT }, (): Event => {
    t += random.nextU32() % 1000 < 2 ? 40_000 : random.nextU32() % 6;
    return [t, random.nextU32() % 64, random.nextU32() % 48, random.nextU32() & 1];
  });
}

const EVENTS = someEvents();

function write(vfs: MemoryVfs, path: string, bytes: Uint8Array): Promise<void> {
  return atomicWrite(vfs, path, bytes);
}

async function encoded(format: string): Promise<Uint8Array> {
  const encoder = openEncoder(format, { width: 64, height: 48 });
  const parts: Uint8Array[] = [encoder.header().slice()];
  for (let at = 0; at < COUNT; at += 10_000) {
    parts.push(encoder.encode(chunkOf(EVENTS.slice(at, at + 10_000))).slice());
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const SPANS: readonly (readonly [from: number, until: number])[] = [
  [0, 500],
  [0, 200_000],
  [1000, 1001],
  [400_000, 450_000],
  [1_234_567, 1_234_999],
  [2_000_000, Number.POSITIVE_INFINITY],
  [9e9, 9e9 + 1],
];

describe.each(FORMATS)("the index of a recording in %s", (format) => {
  const vfs = new MemoryVfs();
  let all: Event[] = [];

  beforeAll(async () => {
    await write(vfs, "a", await encoded(format));
    await using plain = await openRecording("a", { vfs });
    all = await readEvents(plain);
    expect(all.length).toBe(COUNT);
  });

  it("finds every span of time, with the events and nothing else", async () => {
    await using recording = await openRecording("a", { vfs });
    const index = await recording.openIndex();
    expect(index.events).toBe(COUNT);
    expect(index.length).toBeGreaterThan(format === "AEDAT4" ? 5 : 20);
    for (const [from, until] of SPANS) {
      const found = await readEvents(recording, { from, until });
      expect(found).toEqual(all.filter(([t]) => t >= from && t < until));
    }
  });

  it("begins at each of its segments as if it had read all before", async () => {
    await using recording = await openRecording("a", { vfs });
    const index = await recording.openIndex();
    let before = 0;
    for (let segment = 0; segment < index.length; segment++) {
      expect(index.eventsBefore(segment)).toBe(before);
      for await (const chunk of recording.eventsOfSegments(index, segment, segment + 1)) {
        expect(eventsOf(chunk)).toEqual(all.slice(before, before + chunk.rowCount));
        before += chunk.rowCount;
        chunk.release();
      }
    }
    expect(before).toBe(COUNT);
  });
});

describe("the index file", () => {
  const bytesOf = async (vfs: MemoryVfs, path: string): Promise<Uint8Array> => {
    await using file = await vfs.open(path, "r");
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    return bytes;
  };
  const span = { from: 500_000, until: 520_000 };
  const wanted = EVENTS.filter(([t]) => t >= span.from && t < span.until);

  it("is read instead of the recording: bytes outside the span are not touched", async () => {
    const vfs = new MemoryVfs();
    await write(vfs, "a", await encoded("EVT3"));
    await using first = await openRecording("a", { vfs });
    const index = await first.openIndex();
    const bytes = await bytesOf(vfs, "a");
    let read = 0;
    const inner = bytesSource(bytes);
    const source: ByteSource = {
      name: "counted",
      size: inner.size,
      read: (into, position) => {
        read += into.length;
        return inner.read(into, position);
      },
      close: () => inner.close(),
      [Symbol.asyncDispose]: () => inner.close(),
    };
    await using recording = await openRecording(source, { index });
    read = 0;
    expect(await readEvents(recording, span)).toEqual(wanted);
    expect(read).toBeLessThan(bytes.length / 8);
    expect(read).toBeGreaterThan(0);
  });

  it("is made anew when the recording has changed, and never believed when it is damaged", async () => {
    const vfs = new MemoryVfs();
    await write(vfs, "a", await encoded("EVT2"));
    const read = async (): Promise<Event[]> => {
      await using recording = await openRecording("a", { vfs });
      return await readEvents(recording, span);
    };
    await using made = await openRecording("a", { vfs });
    await made.openIndex();
    const good = await bytesOf(vfs, "a.mridx");
    for (const at of [0, 8, 13, 17, 21, 33, 72, 500, good.length - 1]) {
      const damaged = good.slice();
      damaged[at]! ^= 4;
      await write(vfs, "a.mridx", damaged);
      expect(await read()).toEqual(wanted);
      expect(await bytesOf(vfs, "a.mridx")).toEqual(good);
    }
    for (const length of [0, 5, 72, 100, good.length - 8]) {
      await write(vfs, "a.mridx", good.subarray(0, length));
      expect(await read()).toEqual(wanted);
      expect(await bytesOf(vfs, "a.mridx")).toEqual(good);
    }
    await write(vfs, "a", await encoded("DAT"));
    expect(await read()).toEqual(wanted);
    expect(await bytesOf(vfs, "a.mridx")).not.toEqual(good);
  });

  it("is another one for another way of decoding, and for none when it is not wanted", async () => {
    const vfs = new MemoryVfs();
    await write(vfs, "a", await encoded("EVT2"));
    await using raw = await openRecording("a", { vfs });
    await raw.openIndex();
    const good = await bytesOf(vfs, "a.mridx");
    await using none = await openRecording("a", { vfs, index: "none", mode: "sdk" });
    await readEvents(none, { until: 1 });
    expect(await bytesOf(vfs, "a.mridx")).toEqual(good);
    await using sdk = await openRecording("a", { vfs, mode: "sdk" });
    await readEvents(sdk, { until: 1 });
    expect(await bytesOf(vfs, "a.mridx")).not.toEqual(good);
  });

  it("finds events whose times fall: EVT2 with a clock that goes back", async () => {
    const encoder = openEncoder("EVT2", { width: 64, height: 48 });
    const half = (from: number): Uint8Array =>
      encoder.encode(chunkOf(EVENTS.slice(from, from + 20_000))).slice();
    const later = Uint8Array.from(Buffer.concat([encoder.header(), half(0)]));
    const again = openEncoder("EVT2", { width: 64, height: 48 });
    again.header();
    const bytes = Uint8Array.from(Buffer.concat([later, again.encode(chunkOf(EVENTS.slice(0, 15_000)))]));
    await using recording = await openRecording(bytesSource(bytes));
    const all = await readEvents(recording);
    expect(all.length).toBe(35_000);
    const index = await recording.openIndex();
    expect(index.length).toBeGreaterThan(8);
    for (const [from, until] of SPANS) {
      const expected = all.filter(([t]) => t >= from && t < until);
      expect(await readEvents(recording, { from, until })).toEqual(expected);
    }
  });
});
