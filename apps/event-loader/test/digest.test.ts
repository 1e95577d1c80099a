import { sha256Hex } from "@millrace/compress";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestEvents } from "../src/index.ts";
import { chunkOf, type Event } from "./helpers.ts";
import { packEvents } from "./oracles.ts";

const MIB = 2 ** 20;

/** Chunks of a long recording whose times go up, but for a last window of `shakeUs`. */
function* longRecording(count: number, shakeUs: number): Generator<ReturnType<typeof chunkOf>> {
  for (let start = 0; start < count; start += 10_000) {
    yield chunkOf(
      Array.from({ length: 10_000 }, (_, i): Event => {
        const n = start + i;
        return [n - ((n * 7919) % shakeUs), n % 640, n % 480, n & 1];
      }),
    );
  }
}

describe("digestEvents", () => {
  it("is that of the packed events in canonical order, whatever their order and range", async () => {
    const event = fc.tuple(
      fc.oneof(fc.nat(100), fc.integer({ min: -(2 ** 40), max: 2 ** 52 }), fc.nat(2 ** 18)),
      fc.nat(65_535),
      fc.nat(65_535),
      fc.nat(1),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(event, { maxLength: 30 }), { maxLength: 5 }), async (chunks) => {
        const { events, digest } = await digestEvents(chunks.map(chunkOf));
        expect(events).toBe(chunks.flat().length);
        expect(digest).toBe(sha256Hex(packEvents(chunks.flat())));
      }),
    );
  });

  it("keeps duplicates", async () => {
    const once: Event[] = [[1, 2, 3, 1]];
    const twice: Event[] = [...once, ...once];
    expect((await digestEvents([chunkOf(twice)])).digest).toBe(sha256Hex(packEvents(twice)));
    expect((await digestEvents([chunkOf(twice)])).digest).not.toBe(
      (await digestEvents([chunkOf(once)])).digest,
    );
  });

  it("is that of no bytes for no events", async () => {
    expect(await digestEvents([])).toEqual({ events: 0, digest: sha256Hex(new Uint8Array(0)) });
  });

  it("is the same in a window of 1 MiB as with all events at once", async () => {
    const whole = await digestEvents(longRecording(600_000, 50_000));
    const streamed = await digestEvents(longRecording(600_000, 50_000), { limitBytes: MIB });
    expect(streamed).toEqual(whole);
    expect(whole.events).toBe(600_000);
  });

  it("fails rather than give another digest when events are further out of order than it can hold", async () => {
    const chunks = [...longRecording(400_000, 1), chunkOf([[5, 1, 1, 1]])];
    await expect(digestEvents(chunks, { limitBytes: MIB })).rejects.toMatchObject({
      code: "EVENTS_DIGEST_ORDER",
      limitBytes: MIB,
    });
    const { requiredBytes } = await digestEvents([...longRecording(400_000, 1), chunkOf([[5, 1, 1, 1]])], {
      limitBytes: MIB,
    }).catch((error) => error);
    const enough = await digestEvents([...longRecording(400_000, 1), chunkOf([[5, 1, 1, 1]])], {
      limitBytes: requiredBytes,
    });
    expect(enough.events).toBe(400_001);
  });

  it("releases its chunks, that of a failure too", async () => {
    const chunks = [...longRecording(400_000, 1), chunkOf([[5, 1, 1, 1]])];
    await digestEvents(chunks, { limitBytes: MIB }).catch(() => {});
    for (const chunk of chunks) expect(() => chunk.columns).toThrow();
  });

  it.each([0, 1000, 1.5 * MIB + 0.5])("rejects a limit of %d bytes", async (limitBytes) => {
    await expect(digestEvents([], { limitBytes })).rejects.toMatchObject({ code: "EVENTS_OPTION_RANGE" });
  });
});
