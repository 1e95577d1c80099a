import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Evt3Encoder, type Evt3EncoderOptions } from "../src/index.ts";
import { chunkOf, type Event, openBytes, readEvents } from "./helpers.ts";

function encode(
  chunks: readonly (readonly Event[])[],
  options?: Evt3EncoderOptions,
): Uint8Array<ArrayBuffer> {
  const encoder = new Evt3Encoder(options);
  const parts = [encoder.header(), ...chunks.map((events) => encoder.encode(chunkOf(events)).slice())];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function decode(bytes: Uint8Array) {
  await using recording = await openBytes(bytes);
  const events = await readEvents(recording);
  const { format, width, height, violations, metadata } = recording;
  return { events, format, width, height, violations, metadata };
}

const event = fc.record({
  gap: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat(5000) },
    { weight: 1, arbitrary: fc.nat(2 ** 27) },
  ),
  step: fc.nat(14),
  x: fc.option(fc.nat(2047), { freq: 3 }),
  y: fc.nat(3),
  p: fc.nat(1),
});

describe("Evt3Encoder", () => {
  it("writes what the decoder reads back, with and without vectors, across wraps and chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(event, { maxLength: 40 }), { maxLength: 4 }),
        fc.boolean(),
        async (steps, hasVectors) => {
          let time = 0;
          let last = 0;
          const chunks = steps.map((chunk) =>
            chunk.map(({ gap, step, x, y, p }): Event => {
              time += gap;
              last = x ?? Math.min(2047, last + step);
              return [time, last, y, p];
            }),
          );
          const bytes = encode(chunks, { width: 2048, height: 4, hasVectors });
          expect(await decode(bytes)).toMatchObject({ events: chunks.flat(), violations: {} });
        },
      ),
    );
  });

  it("names format and size in the header, and what else it is told", async () => {
    const bytes = encode([[[0, 319, 239, 1]]], {
      width: 320,
      height: 240,
      metadata: { serial_number: "7 8\n9" },
    });
    expect(await decode(bytes)).toMatchObject({
      format: "EVT3",
      width: 320,
      height: 240,
      metadata: { evt: "3.0", geometry: "320x240", serial_number: "7 8 9" },
    });
  });

  it("writes neighbours as one vector of two words, from three on", () => {
    const row = (count: number): Event[] => Array.from({ length: count }, (_, i) => [0, 10 + 2 * i, 5, 1]);
    const wordsOf = (count: number, hasVectors = true): number =>
      (encode([row(count)], { hasVectors }).length - encode([], { hasVectors }).length) / 2;
    // Two words for the time and one for the row.
    expect([1, 2, 3, 6, 7].map((count) => wordsOf(count))).toEqual([4, 5, 5, 5, 6]);
    expect(wordsOf(6, false)).toBe(9);
  });

  it("keeps an event at each border of the clock", async () => {
    const times = [0, 4095, 4096, 2 ** 24 - 1, 2 ** 24, 2 ** 25 + 4095, 2 ** 32 - 1, 2 ** 32, 2 ** 37];
    const events = times.map((t): Event => [t, 1, 2, 0]);
    expect((await decode(encode(events.map((one) => [one])))).events).toEqual(events);
  });

  it.each([
    [
      "time that goes back",
      [
        [5, 0, 0, 0],
        [4, 0, 0, 0],
      ],
      "EVENTS_TIME_ORDER",
    ],
    ["negative time", [[-1, 0, 0, 0]], "EVENTS_TIME_ORDER"],
    ["time since 1970", [[1.7e15, 0, 0, 0]], "EVENTS_TIME_ORDER"],
    ["column outside", [[0, 1280, 0, 0]], "EVENTS_PIXEL_RANGE"],
    ["row outside", [[0, 0, 720, 0]], "EVENTS_PIXEL_RANGE"],
  ] as [string, Event[], string][])("refuses a %s", (_, events, code) => {
    expect(() => encode([events])).toThrow(expect.objectContaining({ code }));
  });

  it.each([{ width: 0 }, { width: 2049 }, { height: 2049 }, { heigth: 1 } as Evt3EncoderOptions])(
    "rejects %j",
    (options) => {
      expect(() => new Evt3Encoder(options)).toThrow(/events/);
    },
  );
});
