import { describe, expect, it } from "vitest";
import { newEvt2Decoder } from "../src/evt2.ts";
import { decodePieces, wordBytes } from "./helpers.ts";

const decode = (hex: string, width?: number, height?: number) =>
  decodePieces(newEvt2Decoder, [wordBytes(hex, 4)], 16, width, height);

describe("EVT2", () => {
  it("decodes the published vector", () => {
    expect(decode("80000003 00402804 10803806")).toEqual({
      events: [
        [193, 5, 4, 0],
        [194, 7, 6, 1],
      ],
      violations: {},
      triggers: [],
    });
  });

  it("keeps 34 bits of time: the highest time-high word is above 2^32", () => {
    expect(decode("8FFFFFFF 0FC00000").events).toEqual([[2 ** 34 - 1, 0, 0, 0]]);
  });

  it("goes on behind each wrap of 34 bits, and does not take ten less than the whole for anything else", () => {
    expect(
      decode("8FFFFFFF 00000000 80000000 00000000 8FFFFFFF 80000005 00000000").events.map(([t]) => t),
    ).toEqual([2 ** 34 - 64, 2 ** 34, 2 * 2 ** 34 + 5 * 64]);
    const atThreshold = decode("8FFFFFFF 8000000A 00000000");
    expect(atThreshold).toMatchObject({ events: [[2 ** 34 + 640, 0, 0, 0]], violations: {} });
    const above = decode("8FFFFFFF 8000000B 00000000");
    expect(above).toMatchObject({ events: [[704, 0, 0, 0]], violations: { nonMonotonicTimeHigh: 1 } });
  });

  it("takes a small step back for no wrap, and counts it", () => {
    const { events, violations } = decode("80000005 00000000 80000004 00000000 80000005 00000000");
    expect(events.map(([t]) => t)).toEqual([320, 256, 320]);
    expect(violations).toEqual({ nonMonotonicTimeHigh: 1 });
  });

  it("leaves out and counts what comes before the first time", () => {
    expect(decode("00402804 A0000001 80000003 00402804")).toEqual({
      events: [[193, 5, 4, 0]],
      violations: { beforeTimeHigh: 2 },
      triggers: [],
    });
  });

  it("reports triggers apart, above 2^32 too", () => {
    expect(decode("8FFFFFFF A0C00301 A1000000").triggers).toEqual([
      [2 ** 34 - 64 + 3, 3, 1],
      [2 ** 34 - 64 + 4, 0, 0],
    ]);
  });

  it("counts words of no known type, and passes over those that carry no events", () => {
    const { events, violations } = decode(
      "80000000 20000000 90000000 B0000000 C0000000 D0000000 E0000014 F0000001",
    );
    expect({ events, violations }).toEqual({ events: [], violations: { unknownWord: 2 } });
  });

  it("keeps and counts events outside the sensor", () => {
    expect(decode("80000000 00000000 00000801 00001000", 2, 1)).toMatchObject({
      events: [
        [0, 0, 0, 0],
        [0, 1, 1, 0],
        [0, 2, 0, 0],
      ],
      violations: { outsideGeometry: 2 },
    });
  });
});
