import { describe, expect, it } from "vitest";
import { newEvt4Decoder } from "../src/evt4.ts";
import { cutAt, decodePieces, hexBytes, openBytes, readEvents, wordBytes } from "./helpers.ts";

const decode = (hex: string, width?: number, height?: number) =>
  decodePieces(newEvt4Decoder, [wordBytes(hex, 4)], 32, width, height);
const VECTORS = hexBytes("000000e0 042800c0 89000000 065000d0 10440000");
const EVENTS = [
  [0, 5, 4, 0],
  [0, 8, 4, 0],
  [0, 12, 4, 0],
  [0, 14, 6, 1],
  [0, 20, 6, 1],
  [0, 24, 6, 1],
];

describe("EVT4", () => {
  it("decodes the published vector of masks, wherever it is cut", () => {
    const whole = { events: EVENTS, violations: {}, triggers: [] };
    for (let cut = 0; cut <= VECTORS.length; cut++) {
      expect(decodePieces(newEvt4Decoder, cutAt(VECTORS, [cut]), 32)).toEqual(whole);
    }
  });

  it("decodes the published vector of single events between padding", () => {
    const bytes = hexBytes("ffffffff 000000e0 ffffffff 021800a0 ffffffff 053000b0");
    expect(decodePieces(newEvt4Decoder, [bytes], 32)).toEqual({
      events: [
        [0, 3, 2, 0],
        [0, 6, 5, 1],
      ],
      violations: {},
      triggers: [],
    });
  });

  it("takes no mask for a word, whatever it looks like, before the first time too", () => {
    const { events, violations } = decode("C0000000 E0000005 E0000001 D0000000 E0000000 A0000000");
    expect(events).toEqual([...[29, 30, 31].map((x) => [64, x, 0, 1]), [64, 0, 0, 0]]);
    expect(violations).toEqual({ beforeTimeHigh: 1 });
  });

  it("goes on behind a drop of half the range, and counts a smaller one", () => {
    expect(decode("E8000000 A0000000 E0000000 A0000000")).toMatchObject({
      events: [
        [2 ** 33, 0, 0, 0],
        [2 ** 34, 0, 0, 0],
      ],
      violations: {},
    });
    expect(decode("E8000000 E0000001 A0000000")).toMatchObject({
      events: [[64, 0, 0, 0]],
      violations: { nonMonotonicTimeHigh: 1 },
    });
  });

  it("reports triggers, and counts what is unknown, outside, without a time or cut off", () => {
    expect(
      decode(
        "B0000000 90000301 E0000000 90C00301 00000000 80000000 60000000 70000000 A0000801 C0000000",
        1,
        1,
      ),
    ).toEqual({
      events: [[0, 1, 1, 0]],
      triggers: [[3, 3, 1]],
      violations: { beforeTimeHigh: 2, unknownWord: 2, outsideGeometry: 1, truncatedWord: 1 },
    });
  });

  it("is recognised by its header", async () => {
    const header = new TextEncoder().encode("% format EVT4;height=8;width=64\n% end\n");
    await using recording = await openBytes(Uint8Array.from([...header, ...VECTORS]));
    expect(recording).toMatchObject({ format: "EVT4", width: 64, height: 8 });
    expect(await readEvents(recording)).toEqual(EVENTS);
  });
});
