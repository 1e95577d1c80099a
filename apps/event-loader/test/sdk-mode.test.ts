import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecoderContext } from "../src/event-decoder.ts";
import { newEvt2Decoder } from "../src/evt2.ts";
import { newEvt3Decoder } from "../src/evt3.ts";
import { newEvt3SdkDecoder } from "../src/evt3-sdk.ts";
import { newEvt4Decoder } from "../src/evt4.ts";
import { newEvt21Decoder } from "../src/evt21.ts";
import {
  cutAt,
  type Decoded,
  decodePieces,
  type Event,
  hexBytes,
  openBytes,
  readEvents,
  wordBytes,
} from "./helpers.ts";

function sdk(words: string, width = 1280, height = 720): Decoded {
  return decodePieces(newEvt3SdkDecoder, [wordBytes(words, 2)], 64, width, height);
}

describe("EVT3 as the vendor's library reads it", () => {
  it.each([
    [
      "8000 0001 2002 2803",
      [
        [0, 2, 1, 0],
        [0, 3, 1, 1],
      ],
      {},
    ],
    ["0001 2002 8003 0004 2005", [[4096, 5, 4, 0]], { beforeTimeHigh: 1 }],
    // A word of eight columns alone is no vector.
    ["8000 0001 3001 50FF 2002", [[0, 2, 1, 0]], { partialVector: 1 }],
    // Only the value before the first time-high is 0.
    ["8001 0001 2002", [[4096, 2, 1, 0]], {}],
    [
      "8000 0001 2002 8001 2003 8000 2004 8001 2005",
      [
        [0, 2, 1, 0],
        [4096, 3, 1, 0],
        [0, 4, 1, 0],
        [4096, 5, 1, 0],
      ],
      { nonMonotonicTimeHigh: 1 },
    ],
    // The low bits stay with the same time-high, and go with another.
    [
      "8001 6005 0001 2002 8001 2002 8002 2002",
      [
        [4101, 2, 1, 0],
        [4101, 2, 1, 0],
        [8192, 2, 1, 0],
      ],
      {},
    ],
    [
      "8FFD 0001 2002 8001 2003",
      [
        [4096, 2, 1, 0],
        [5 * 4096, 3, 1, 0],
      ],
      {},
    ],
    // From 1 to 4 without 2 and 3; and a wrap by more than 255.
    [
      "8001 0001 2002 8004 2003",
      [
        [4096, 2, 1, 0],
        [4 * 4096, 3, 1, 0],
      ],
      { nonContinuousTimeHigh: 1 },
    ],
    [
      "8F00 0001 2002 8010 2003",
      [
        [4096, 2, 1, 0],
        [0x111 * 4096, 3, 1, 0],
      ],
      { nonContinuousTimeHigh: 1 },
    ],
    // A row outside of 720, and all of it.
    ["8000 02D0 2002 2003 02CF 2004", [[0, 4, 719, 0]], { rowOutside: 1 }],
    // A base with less than 32 columns behind it: 1280 - 32 is the last.
    ["8000 0001 34E1 4FFF 4FFF 50FF", [], { invalidVectorBase: 1 }],
    ["8000 0001 4FFF 4FFF 50FF", [], { invalidVectorBase: 1 }],
    ["8000 0001 3001 4001 2005", [[0, 5, 1, 0]], { partialVector: 1 }],
    ["8000 0001 3001 4001 4001 4001", [], { partialVector: 1, truncatedWord: 1 }],
    ["8000 E014 F123 F456 7007 0001 2002", [[0, 2, 1, 0]], {}],
    ["8000 E014 F123 0001 2002", [[0, 2, 1, 0]], { partialCounter: 1 }],
    ["8000 0001 9999 1000 2002", [[0, 2, 1, 0]], { unknownWord: 1 }],
    ["8000 2002", [[0, 2, 0, 0]], { missingRow: 1 }],
    ["8000 0001 2500", [[0, 1280, 1, 0]], { outsideGeometry: 1 }],
  ] as [string, Event[], object][])("%s", (words, events, violations) => {
    expect(sdk(words)).toMatchObject({ events, violations });
  });

  it("reads a whole vector, cut anywhere, and the next one behind it", () => {
    const bytes = wordBytes("8000 0001 3801 4FFF 4FFF 50FF 4001 4000 5080", 2);
    const expected = [
      ...Array.from({ length: 32 }, (_, i) => [0, 1 + i, 1, 1]),
      [0, 33, 1, 1],
      [0, 64, 1, 1],
    ];
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { events, violations } = decodePieces(newEvt3SdkDecoder, cutAt(bytes, [cut]), 64, 1280, 720);
      expect([events, violations]).toEqual([expected, {}]);
    }
  });

  it("gives the raw mode's events, later by its first time-high, where nothing is wrong", () => {
    const word = fc.oneof(
      fc.nat(479).map((y) => [y]),
      fc.nat(639).map((x) => [0x2000 + x]),
      fc.nat(0xfff).map((low) => [0x6000 + low]),
      fc.constant([0x8000]),
      fc
        .tuple(fc.nat(19), fc.nat(0xfff), fc.nat(0xfff), fc.nat(0xff))
        .map(([base, a, b, c]) => [0x3000 + 32 * base, 0x4000 + a, 0x4000 + b, 0x5000 + c]),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (groups, first) => {
        let high = first;
        const words = [
          0x8000 + first,
          0,
          ...groups.flatMap((group) => (group[0] === 0x8000 ? [0x8000 + ++high] : group)),
        ];
        const bytes = new Uint8Array(Uint16Array.from(words).buffer);
        const raw = decodePieces(newEvt3Decoder, [bytes], 64, 640, 480).events;
        const found = decodePieces(newEvt3SdkDecoder, [bytes], 64, 640, 480);
        const shift = (first - 1) * 4096;
        expect(found.events).toEqual(raw.map(([t, x, y, p]) => [t - shift, x, y, p]));
        expect(found.violations).toEqual({});
      }),
    );
  });
});

describe("the other formats in the mode sdk", () => {
  const shifted = (context: DecoderContext) =>
    new DecoderContext(context.dataStart, undefined, undefined, "sdk");

  it("count times from the first time-high word, past the wrap", () => {
    const evt2 = decodePieces(
      (context) => newEvt2Decoder(shifted(context)),
      [wordBytes("8FFFFFFF 00402804 80000000 10803806", 4)],
    );
    expect(evt2.events).toEqual([
      [1, 5, 4, 0],
      [64 + 2, 7, 6, 1],
    ]);
    const evt4 = decodePieces(
      (context) => newEvt4Decoder(shifted(context)),
      [wordBytes("E0000003 A0002804 E0000005 A0402804", 4)],
      64,
    );
    expect(evt4.events).toEqual([
      [0, 5, 4, 0],
      [129, 5, 4, 0],
    ]);
    const evt21 = decodePieces(
      (context) => newEvt21Decoder(shifted(context), "little"),
      [hexBytes("0000000007000080 0100000004280000")],
      64,
    );
    expect(evt21.events).toEqual([[0, 5, 4, 0]]);
  });

  it("take a drop of all but 10 ms for a wrap, where stand-alone decoders want all but 640 µs", () => {
    // The time-high falls by 100 values less than it can.
    const bytes = wordBytes("8FFFFFFF 00402804 80000064 10803806", 4);
    const wrapped = decodePieces((context) => newEvt2Decoder(shifted(context)), [bytes]);
    expect(wrapped.events.map(([t]) => t)).toEqual([1, 64 * 101 + 2]);
    expect(wrapped.violations).toEqual({});
    expect(decodePieces(newEvt2Decoder, [bytes]).violations).toEqual({ nonMonotonicTimeHigh: 1 });
  });

  it("is an option of a recording, which says so", async () => {
    const bytes = Uint8Array.from([
      ...new TextEncoder().encode("% format EVT3;height=720;width=1280\n% end\n"),
      ...wordBytes("8005 0001 2002", 2),
    ]);
    await using raw = await openBytes(bytes);
    await using shiftedRecording = await openBytes(bytes, { mode: "sdk" });
    expect([await readEvents(raw), await readEvents(shiftedRecording)]).toEqual([
      [[5 * 4096, 2, 1, 0]],
      [[4096, 2, 1, 0]],
    ]);
    expect(raw.meta.provenance.timeOrigin).toBe("start of the camera");
    expect(shiftedRecording.meta.provenance.timeOrigin).toBe("first time-high");
  });
});
