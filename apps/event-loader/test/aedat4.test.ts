import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Aedat4Decoder } from "../src/aedat4-decoder.ts";
import { cutAt, decodePieces, type Event, openBytes, readEvents } from "./helpers.ts";

/** A FlatBuffer: a root table whose first fields are given by their offsets in it, then the rest. */
function flatBuffer(id: string, slots: readonly number[], table: readonly number[], rest: readonly number[]) {
  const vtable = [4 + 2 * slots.length, 4 + table.length, ...slots].flatMap((value) => [
    value & 255,
    value >> 8,
  ]);
  const tableAt = 8 + vtable.length;
  return [...u32(tableAt), ...Buffer.from(id), ...vtable, ...u32(vtable.length), ...table, ...rest];
}
function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}
function u64(value: number): number[] {
  return [...new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)];
}
const eventBytes = ([t, x, y, p]: Event): number[] => [
  ...u64(t),
  x & 255,
  x >> 8,
  y & 255,
  y >> 8,
  p,
  ...[0, 0, 0],
];
const sized = (buffer: readonly number[]): number[] => [...u32(buffer.length), ...buffer];
const packet = (stream: number, content: readonly number[]): number[] => [
  ...u32(stream),
  ...u32(content.length),
  ...content,
];
const eventsBuffer = (events: readonly Event[]): number[] =>
  sized(flatBuffer("EVTS", [4], u32(4), [...u32(events.length), ...events.flatMap(eventBytes)]));
const triggersBuffer = (time: number, source: number): number[] => {
  // A vector of one table, which has its time and its source.
  const element = [...u32(4), 8, 0, 13, 0, 4, 0, 12, 0, ...u32(8), ...u64(time), source];
  return sized(flatBuffer("TRIG", [4], u32(4), [...u32(1), ...u32(12), ...element.slice(4)]));
};
const stream = (id: number, type: string, size = ""): string =>
  `<node name="${id}" path="/${id}/"><attr key="typeIdentifier" type="string">${type}</attr>${size}</node>`;
const SIZE =
  '<node name="info"><attr key="sizeX" type="int">8</attr><attr key="sizeY" type="int">4</attr></node>';
const XML = stream(0, "EVTS", SIZE) + stream(1, "FRME") + stream(2, "TRIG");

function aedat4(packets: readonly number[], { xml = XML, compression = 0, tableAt = -1 } = {}): Uint8Array {
  const table = [...u32(compression), ...u64(tableAt), ...u32(4)];
  const header = flatBuffer("IOHE", [4, 8, 16], table, sized([...Buffer.from(xml)]));
  return Uint8Array.from([...Buffer.from("#!AER-DAT4.0\r\n"), ...sized(header), ...packets]);
}

const EVENTS: Event[] = [
  [1_605_537_493_718_345, 7, 3, 1],
  [1_605_537_493_718_340, 0, 0, 0],
  [5, 8, 1, 1],
];
const PACKETS = [
  ...packet(0, eventsBuffer(EVENTS.slice(0, 2))),
  ...packet(1, [1, 2, 3]),
  ...packet(0, eventsBuffer([])),
  ...packet(2, triggersBuffer(2 ** 33 + 7, 2)),
  ...packet(2, triggersBuffer(9, 8)),
  ...packet(0, eventsBuffer(EVENTS.slice(2))),
];

describe("AEDAT4", () => {
  it("reads events and external signals, and passes over other streams", async () => {
    await using recording = await openBytes(aedat4(PACKETS));
    expect(recording).toMatchObject({ format: "AEDAT4", width: 8, height: 4 });
    expect(await readEvents(recording)).toEqual(EVENTS);
    expect(recording.violations).toEqual({ outsideGeometry: 1 });
    const { t, value } = recording.triggers;
    expect([...t, ...value]).toEqual([2n ** 33n + 7n, 0]);
  });

  it("stops where the header says that the table of packets begins", async () => {
    const tableAt = aedat4(PACKETS).length;
    await using recording = await openBytes(aedat4([...PACKETS, 9, 9, 9], { tableAt }));
    expect(await readEvents(recording)).toEqual(EVENTS);
    await using wrong = await openBytes(aedat4(PACKETS, { tableAt: tableAt - 1 }));
    await expect(readEvents(wrong)).rejects.toMatchObject({ code: "EVENTS_PACKET_CORRUPT" });
  });

  it("reads packets that are LZ4 frames", async () => {
    const frame = storedFrame(eventsBuffer(EVENTS));
    await using recording = await openBytes(aedat4(packet(0, frame), { compression: 1 }));
    expect(await readEvents(recording)).toEqual(EVENTS);
    await using damaged = await openBytes(aedat4(packet(0, frame.slice(0, -1)), { compression: 2 }));
    await expect(readEvents(damaged)).rejects.toMatchObject({
      code: "EVENTS_PACKET_CORRUPT",
      message: expect.stringContaining("lz4"),
    });
  });

  it("reads packets that are zstd frames", async () => {
    const frame = zstdCompressSync(Uint8Array.from(eventsBuffer(EVENTS)));
    await using recording = await openBytes(aedat4(packet(0, [...frame]), { compression: 3 }));
    expect(recording.metadata.compression).toBe("zstd");
    expect(await readEvents(recording)).toEqual(EVENTS);
    await using damaged = await openBytes(aedat4(packet(0, [...frame.subarray(0, -1)]), { compression: 4 }));
    await expect(readEvents(damaged)).rejects.toMatchObject({ code: "EVENTS_PACKET_CORRUPT" });
  });

  it("gives the same in any pieces and into chunks of any size, and a beginning of it when it is cut off", () => {
    const bytes = Uint8Array.from(PACKETS);
    const newDecoder = (context: ConstructorParameters<typeof Aedat4Decoder>[0]) =>
      new Aedat4Decoder(context, {
        source: "test",
        compression: "none",
        end: Number.POSITIVE_INFINITY,
        ignored: new Set([1]),
      });
    const whole = decodePieces(newDecoder, [bytes]);
    expect(whole.events).toEqual(EVENTS);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), fc.integer({ min: 1, max: 4 }), (cuts, rowsPerChunk) => {
        expect(decodePieces(newDecoder, cutAt(bytes, cuts), rowsPerChunk)).toEqual(whole);
      }),
    );
    for (let end = 0; end < bytes.length; end++) {
      const pieces = cutAt(
        bytes.subarray(0, end),
        Array.from({ length: end }, (_, i) => i),
      );
      const { events } = decodePieces(newDecoder, pieces, 1);
      expect(events).toEqual(EVENTS.slice(0, events.length));
    }
  });

  it("counts a last packet that is cut off", async () => {
    const bytes = aedat4(PACKETS);
    await using recording = await openBytes(bytes.subarray(0, -1));
    expect(await readEvents(recording)).toEqual(EVENTS.slice(0, 2));
    expect(recording.violations).toEqual({ truncatedWord: 1 });
  });

  it("fails, or reads something, with any bit flipped: never another error", async () => {
    const bytes = aedat4(PACKETS);
    for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      try {
        await using recording = await openBytes(damaged);
        await readEvents(recording);
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^EVENTS_/);
      }
    }
  });

  it.each([["a compression that is not known", { compression: 7 }, "compression 7"]])(
    "names %s, which it does not read",
    async (_, options, message) => {
      await expect(openBytes(aedat4([], options))).rejects.toMatchObject({
        code: "EVENTS_FORMAT_UNSUPPORTED",
        message: expect.stringContaining(message),
      });
    },
  );

  it("fails on a header that is cut off anywhere, and on one that is no FlatBuffer", async () => {
    const bytes = aedat4([]);
    for (let end = 14; end < bytes.length; end += 3) {
      await expect(openBytes(bytes.subarray(0, end))).rejects.toMatchObject({
        code: "EVENTS_HEADER_TRUNCATED",
      });
    }
    bytes.fill(255, 18, 26);
    await expect(openBytes(bytes)).rejects.toMatchObject({ code: "EVENTS_HEADER_CORRUPT" });
  });

  it("reads the stream that is chosen of several with events, and lists them when none is", async () => {
    const xml = stream(0, "EVTS", SIZE) + stream(3, "EVTS") + stream(2, "TRIG");
    const bytes = aedat4([...packet(0, eventsBuffer(EVENTS)), ...packet(3, eventsBuffer(EVENTS.slice(1)))], {
      xml,
    });
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code: "EVENTS_STREAM_CHOICE",
      message: expect.stringMatching(/0 \(no name, 8x4\), 3 \(no name, no size\)/),
    });
    await expect(openBytes(bytes, { stream: 2 })).rejects.toMatchObject({ code: "EVENTS_STREAM_CHOICE" });
    await using first = await openBytes(bytes, { stream: 0 });
    expect([first.width, await readEvents(first)]).toEqual([8, EVENTS]);
    await using second = await openBytes(bytes, { stream: 3 });
    expect(second.metadata).toMatchObject({ stream: "3" });
    expect(await readEvents(second)).toEqual(EVENTS.slice(1));
  });
});

/** An LZ4 frame of one block that is not compressed. */
function storedFrame(content: readonly number[]): number[] {
  return [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, ...u32(content.length + 2 ** 31), ...content, ...u32(0)];
}
