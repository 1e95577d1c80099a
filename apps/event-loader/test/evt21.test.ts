import { describe, expect, it } from "vitest";
import { type Evt21Order, newEvt21Decoder, sniffEvt21Order } from "../src/evt21.ts";
import { decodePieces, hexBytes, openBytes, readEvents } from "./helpers.ts";

const LITTLE = "0000000000000080 8900000004280000 1044000006500010";
const LEGACY = "0000008000000000 0428000089000000 0650001010440000";
const EVENTS = [
  [0, 5, 4, 0],
  [0, 8, 4, 0],
  [0, 12, 4, 0],
  [0, 14, 6, 1],
  [0, 20, 6, 1],
  [0, 24, 6, 1],
];
/** A word in the legacy order: the half with the type, then the mask. */
const words = (...halves: number[]) => new Uint8Array(Uint32Array.from(halves).buffer);
const decode = (bytes: Uint8Array, order: Evt21Order, width?: number, height?: number) =>
  decodePieces((context) => newEvt21Decoder(context, order), [bytes], 32, width, height);
const withHeader = (header: string, hex: string) =>
  Uint8Array.from([...new TextEncoder().encode(header), ...hexBytes(hex)]);

describe("EVT2.1", () => {
  it.each([
    ["little", LITTLE],
    ["legacy", LEGACY],
  ] as const)("decodes the published vector in %s order", (order, hex) => {
    expect(decode(hexBytes(hex), order)).toEqual({ events: EVENTS, violations: {}, triggers: [] });
  });

  it("goes on behind the wrap of 34 bits", () => {
    const bytes = words(0x80000000, 0, 0x01400000, 1, 0x8fffffff, 0, 0x80000000, 0, 0x01400000, 1);
    expect(decode(bytes, "legacy").events.map(([t]) => t)).toEqual([5, 2 ** 34 + 5]);
  });

  it("gives up to 32 events for a word, beyond the 11 bits of an address too, and none for an empty mask", () => {
    const { events, violations } = decode(
      words(0x80000001, 0, 0x103ff803, 0xffffffff, 0x10000000, 0),
      "legacy",
      2048,
      4,
    );
    expect(events).toEqual(Array.from({ length: 32 }, (_, i) => [64, 2047 + i, 3, 1]));
    expect(violations).toEqual({ outsideGeometry: 31 });
  });

  it("reports triggers apart, and counts what has no time, no known type, or no end", () => {
    const bytes = words(
      0x10000000,
      1,
      0xa0000301,
      0,
      0x80000001,
      0,
      0xa0c00301,
      0,
      0xb0000000,
      0,
      0xe0000000,
      0,
    );
    expect(decode(bytes.subarray(0, -1), "legacy")).toEqual({
      events: [],
      triggers: [[67, 3, 1]],
      violations: { beforeTimeHigh: 2, unknownWord: 1, truncatedWord: 1 },
    });
  });
});

describe("the order of EVT2.1's halves", () => {
  it.each([
    [
      "the format's option",
      "% format EVT21;endianness=legacy;height=8;width=64\n% endianness little\n% end\n",
      LEGACY,
    ],
    ["the header's key", "% evt 2.1\n% endianness little\n% system_ID 50\n", LITTLE],
    ["an early camera", "% format EVT21;height=8;width=64\n% system_ID 54\n% end\n", LEGACY],
    ["a later camera", "% evt 2.1\n% system_ID 55\n", LITTLE],
    ["another integrator", "% evt 2.1\n% integrator_name Other\n% system_ID 50\n", LITTLE],
    ["data alone, little", "% evt 2.1\n", LITTLE],
    ["data alone, legacy", "% evt 2.1\n", LEGACY],
  ])("is told by %s", async (_, header, hex) => {
    await using recording = await openBytes(withHeader(header, hex));
    expect(recording.format).toBe("EVT2.1");
    expect(await readEvents(recording)).toEqual(EVENTS);
  });

  it("is found in data without a header", async () => {
    await using recording = await openBytes(hexBytes(LEGACY), { format: "EVT2.1" });
    expect(await readEvents(recording)).toEqual(EVENTS);
  });

  it("is found among masks that look like types, and little where nothing tells", () => {
    const legacy = words(0x80000001, 0, 0x10000000, 0x8fffffff, 0x10400000, 0x50000000, 0x80000002, 0);
    expect(sniffEvt21Order(legacy)).toBe("legacy");
    expect(sniffEvt21Order(words(0, 0x80000001, 0x8fffffff, 0x10000000, 0, 0x80000002))).toBe("little");
    expect(sniffEvt21Order(words(0x80000001, 0, 1, 1))).toBe("legacy");
    expect(sniffEvt21Order(words())).toBe("little");
  });
});
