import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import type { DecoderContext } from "../src/event-decoder.ts";
import { liveEvents, sendEvents } from "../src/index.ts";
import { encodeSpifWords, newSpifDecoder } from "../src/live/spif-words.ts";
import { chunkOf, decodePieces, type Event, eventsOf, wordBytes } from "./helpers.ts";

const EVENTS = Array.from({ length: 5000 }, (_, i): Event => [11 * i, (i * i) % 64, i % 48, i & 1]);
const chunks = (size: number) =>
  Array.from({ length: EVENTS.length / size }, (_, i) => chunkOf(EVENTS.slice(i * size, (i + 1) * size)));

describe("SPIF words", () => {
  const decoder = (context: DecoderContext) => newSpifDecoder(context, () => 77);

  it("are a place with a time behind it, or without one", () => {
    const { events } = decodePieces(decoder, [
      wordBytes("00058007 00000010 80030004 00010002 FFFFFFFF 00010002 00000001", 4),
    ]);
    expect(events).toEqual([
      [16, 5, 7, 1],
      [77, 3, 4, 0],
      [2 ** 32 - 1, 1, 2, 0],
      [2 ** 32 + 1, 1, 2, 0],
    ]);
  });

  it("are read back as they were written", () => {
    const bytes = encodeSpifWords(chunkOf(EVENTS));
    expect(decodePieces(decoder, [bytes], 64).events).toEqual(EVENTS);
  });
});

describe("live events", () => {
  it("come over UDP, as they were sent", async () => {
    await using live = await liveEvents({ url: "udp://127.0.0.1:0" });
    const sent = EVENTS.slice(0, 1000);
    const sending = sendEvents([chunkOf(sent)], { url: live.url });
    const found: Event[] = [];
    for await (const chunk of live) {
      found.push(...eventsOf(chunk));
      chunk.release();
      if (found.length >= sent.length) break;
    }
    expect(await sending).toBe(1000);
    expect(found).toEqual(sent);
    expect([live.dropped, live.violations]).toEqual([0, {}]);
  });

  it("come over UDP, each datagram by itself, with the time of arrival where there is none", async () => {
    await using live = await liveEvents({ url: "udp://127.0.0.1:0", nowUs: () => 123 });
    const socket = createSocket("udp4");
    const port = Number(new URL(live.url.replace("udp", "http")).port);
    const send = (bytes: Uint8Array): Promise<void> =>
      new Promise((resolve) => socket.send(bytes, port, "127.0.0.1", () => resolve()));
    await send(wordBytes("00058007", 4));
    await send(wordBytes("80030004", 4));
    for await (const chunk of live) {
      expect(eventsOf(chunk)).toEqual([[123, 3, 4, 0]]);
      chunk.release();
      break;
    }
    expect(live.violations).toEqual({ truncatedWord: 1 });
    socket.close();
  });

  it.each([["EVT3"], ["EVT2"], ["AEDAT4"], ["DAT"]])(
    "come over TCP as %s, whether its name is told or not",
    async (format) => {
      for (const options of [{}, { format: format as "EVT3" }]) {
        await using live = await liveEvents({ url: "tcp://127.0.0.1:0", isListening: true, ...options });
        const size = { width: 64, height: 48 };
        const sending = sendEvents(chunks(1000), { url: live.url, format, size });
        const found: Event[] = [];
        for await (const chunk of live) {
          found.push(...eventsOf(chunk));
          chunk.release();
        }
        expect(await sending).toBe(EVENTS.length);
        expect(found).toEqual(EVENTS);
      }
    },
  );

  it("end with an error when they are aborted, also before any came", async () => {
    const interruption = new AbortController();
    await using live = await liveEvents({ url: "udp://127.0.0.1:0", signal: interruption.signal });
    const reading = (async () => {
      for await (const chunk of live) chunk.release();
    })();
    interruption.abort(new Error("enough"));
    await expect(reading).rejects.toMatchObject({ name: "AbortedError" });
  });

  it("say so when nobody listens", async () => {
    await using busy = await liveEvents({ url: "tcp://127.0.0.1:0", isListening: true });
    const { url } = busy;
    await busy.close();
    await expect(liveEvents({ url })).rejects.toMatchObject({ code: "EVENTS_LIVE_FAILED" });
    await expect(
      sendEvents([], { url, format: "EVT3", size: { width: 1, height: 1 } }),
    ).rejects.toMatchObject({
      code: "EVENTS_LIVE_FAILED",
    });
  });

  it.each(["http://a:1", "udp://a", "tcp://a:70000", "udp://:1"])("refuse the URL %s", async (url) => {
    await expect(liveEvents({ url })).rejects.toMatchObject({ code: "EVENTS_LIVE_URL" });
  });
});
