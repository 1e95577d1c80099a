import fc from "fast-check";
import { expect, it } from "vitest";
import { DecoderContext } from "../src/event-decoder.ts";
import { EventRows } from "../src/event-rows.ts";
import { LibcaerCmpPackets } from "../src/ros/packet-encodings.ts";
import { type Event, eventsOf, wordBytes } from "./helpers.ts";

const BASE_NS = 1_700_000_000_123_456_789n;
const BASE_US = 1_700_000_000_123_456;

function decode(bytes: Uint8Array, rowsPerChunk: number): { events: Event[]; violations: object } {
  const context = new DecoderContext(0, 640, 480);
  const packets = new LibcaerCmpPackets(context, bytes, BASE_NS);
  const events: Event[] = [];
  for (let isDone = false; !isDone; ) {
    const rows = new EventRows(rowsPerChunk);
    isDone = packets.decode(rows);
    events.push(...eventsOf(rows.seal()));
  }
  return { events, violations: context.violations.counts() };
}

it("libcaer_cmp: times, places and vectors of rows", () => {
  //                       high low  x    y off y on  base on  rows     next eight  x
  const bytes = wordBytes("0001 1002 2005 3007 3808 4810 5081 5001 2006 3009 7000", 2);
  const t = BASE_US + 4096 + 2;
  expect(decode(bytes, 16)).toEqual({
    events: [
      [t, 5, 7, 0],
      [t, 5, 8, 1],
      [t, 5, 16, 1],
      [t, 5, 23, 1],
      [t, 5, 24, 1],
      [t, 6, 9, 0],
    ],
    violations: { unknownWord: 1 },
  });
});

/** Word by word, as event_camera_codecs describes it. */
function naive(words: readonly number[]): Event[] {
  let [high, low, x, base, p, loops] = [0, 0, 0, 0, 0, 0];
  const events: Event[] = [];
  for (const word of words) {
    const rest = word & 0xfff;
    const time = (): number => BASE_US + loops * 2 ** 24 + high * 4096 + low;
    switch (word >> 12) {
      case 0:
        if (rest < high) loops++;
        high = rest;
        break;
      case 1:
        low = rest;
        break;
      case 2:
        x = rest % 2048;
        break;
      case 3:
        events.push([time(), x, rest % 2048, rest >> 11]);
        break;
      case 4:
        [base, p] = [rest % 2048, rest >> 11];
        break;
      case 5:
        for (let i = 0; i < 8; i++)
          if (Math.floor(rest / 2 ** i) % 2 === 1) events.push([time(), x, base + i, p]);
        base += 8;
    }
  }
  return events;
}

it("libcaer_cmp: the same as word by word, into chunks of any size", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(0x6fff), { maxLength: 200 }),
      fc.integer({ min: 8, max: 40 }),
      (words, rows) => {
        const { events } = decode(new Uint8Array(Uint16Array.from(words).buffer), rows);
        expect(events).toEqual(naive(words));
      },
    ),
  );
});
