import { describe, expect, it } from "vitest";
import { newEvt3Decoder } from "../src/evt3.ts";
import { cutAt, decodePieces, wordBytes } from "./helpers.ts";

const decode = (hex: string, width?: number, height?: number) =>
  decodePieces(newEvt3Decoder, [wordBytes(hex, 2)], 16, width, height);
const times = (hex: string): number[] => decode(hex).events.map(([t]) => t);
const highs = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => (0x8000 + first + i).toString(16)).join(" ");

describe("EVT3", () => {
  it.each([
    [
      "single events",
      "8000 0001 2002 2803",
      [
        [0, 2, 1, 0],
        [0, 3, 1, 1],
      ],
    ],
    ["events from the first time-high on", "0001 2002 8003 0004 2005", [[12_288, 5, 4, 0]]],
    [
      "single vectors, each by itself",
      "8000 0001 3001 50FF 2002",
      [...Array.from({ length: 8 }, (_, i) => [0, i + 1, 1, 0]), [0, 2, 1, 0]],
    ],
    ["counters as no events", "8000 E014 F123 F456 7007", []],
  ])("decodes the published vector of %s", (_, hex, events) => {
    expect(decode(hex).events).toEqual(events);
  });

  it("decodes a vector of 12, 12 and 8, wherever it is cut", () => {
    const bytes = wordBytes("8000 0001 3001 4FFF 4FFF 50FF", 2);
    const expected = Array.from({ length: 32 }, (_, i) => [0, i + 1, 1, 0]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(decodePieces(newEvt3Decoder, cutAt(bytes, [cut])).events).toEqual(expected);
    }
  });

  it("takes a drop of time-high for a wrap only when it is nearly the whole range", () => {
    expect(times("8000 0001 2002 8001 2003 8000 2004 8001 2005")).toEqual([0, 4096, 0, 4096]);
    expect(decode("8000 0001 2002 8001 2003 8000 2004 8001 2005").violations).toEqual({
      nonMonotonicTimeHigh: 1,
    });
    expect(times(`${highs(0, 0xffd)} 0001 2002 8001 2003 8002 2004`)).toEqual([
      0xffd000, 0x1001000, 0x1002000,
    ]);
    expect(times("8FFF 800A 2000")).toEqual([0x100a000]);
    expect(times("8FFF 800B 2000")).toEqual([0xb000]);
  });

  it("counts wraps beyond 2^32 microseconds", () => {
    const wraps = "8FFF 8000 ".repeat(300);
    expect(times(`${wraps} 6007 0000 2000`)).toEqual([300 * 2 ** 24 + 7]);
  });

  it("takes a step back of time-low for what it is", () => {
    const { events, violations } = decode("8001 0001 600B 2002 6000 2003 6005 2004");
    expect(events.map(([t]) => t)).toEqual([4107, 4096, 4101]);
    expect(violations).toEqual({});
  });

  it("keeps the row over time, and resets the low time at each time-high", () => {
    expect(decode("8001 0007 6009 2001 8001 2002 8002 2003").events).toEqual([
      [4105, 1, 7, 0],
      [4096, 2, 7, 0],
      [8192, 3, 7, 0],
    ]);
  });

  it("keeps and counts what lies outside the sensor, the end of a vector too", () => {
    const { events, violations } = decode("8000 0001 34FE 4FFF 0002 2000", 1280, 2);
    expect(events.slice(0, 12).map(([, x]) => x)).toEqual(Array.from({ length: 12 }, (_, i) => 1278 + i));
    expect(violations).toEqual({ outsideGeometry: 11 });
  });

  it("counts what is outside by the row and the base that it had, in the middle of others", () => {
    // Rows 1 and 5 of 2; a vector from 8 on of 10 columns; the row and the base change behind them.
    const words = "8000 0001 2000 2009 0005 2003 0000 3008 400F 2001 0001 3000 4001";
    expect(decode(words, 10, 2).violations).toEqual({ outsideGeometry: 3 });
  });

  it("counts columns that 16 bits cannot hold", () => {
    const { events, violations } = decode(`8000 0000 3000 ${"4001 ".repeat(5462)}`);
    expect(events).toHaveLength(5462);
    // 5461 * 12 is 65,532, which fits; one more vector and it would not.
    expect(violations).toEqual({});
    expect(decode(`8000 0000 3000 ${"4001 ".repeat(5463)}`).violations).toEqual({ outsideGeometry: 1 });
  });

  it("counts events without a row, vectors without a base, and words of no known type", () => {
    expect(decode("8000 2005 0001 4001 1000 9001 9999 B000 C000 D000")).toMatchObject({
      events: [
        [0, 5, 0, 0],
        [0, 0, 1, 0],
      ],
      violations: { missingRow: 1, missingVectorBase: 1, unknownWord: 4 },
    });
  });

  it("reports triggers apart, and counts those before the first time", () => {
    expect(decode("A100 8001 6002 A301 A200")).toEqual({
      events: [],
      violations: { beforeTimeHigh: 1 },
      triggers: [
        [4098, 3, 1],
        [4098, 2, 0],
      ],
    });
  });
});
