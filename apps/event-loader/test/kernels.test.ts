import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DecoderContext, type EventDecoder } from "../src/event-decoder.ts";
import { EventRows } from "../src/event-rows.ts";
import * as evt2 from "../src/evt2.ts";
import * as evt3 from "../src/evt3.ts";
import { decodeKernels } from "../src/wasm/kernels.ts";

type Make = (context: DecoderContext) => EventDecoder;

/** The same modules once more, in an engine without WebAssembly. */
const plain: { evt2?: Make; evt3?: Make } = {};
beforeAll(async () => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", undefined);
  plain.evt2 = (await import("../src/evt2.ts")).newEvt2Decoder;
  plain.evt3 = (await import("../src/evt3.ts")).newEvt3Decoder;
  expect((await import("../src/wasm/kernels.ts")).decodeKernels()).toBeUndefined();
  vi.unstubAllGlobals();
});
afterAll(() => vi.resetModules());

it("has kernels here, so that both ways are tested", () => {
  expect(decodeKernels()).toBeDefined();
});

/** Everything that a decoder makes of bytes that come in two pieces, into rows of that many. */
function decode(
  make: Make,
  bytes: Uint8Array,
  cut: number,
  capacity: number,
  geometry: readonly [number, number],
) {
  const context = new DecoderContext(0, ...geometry);
  const decoder = make(context);
  const events: number[][] = [];
  const rows = new EventRows(capacity);
  const take = (): void => {
    for (let i = 0; i < rows.rowCount; i++) {
      events.push([rows.timeWords[2 * i]!, rows.timeWords[2 * i + 1]!, rows.x[i]!, rows.y[i]!, rows.p[i]!]);
    }
    rows.rowCount = 0;
  };
  for (const piece of [bytes.slice(0, cut), bytes.slice(cut)]) {
    for (let at = 0; at < piece.length; ) {
      at = decoder.decode(piece, at, rows);
      take();
    }
  }
  decoder.finish(rows);
  take();
  return { events, violations: context.violations.counts(), triggers: context.triggers.columns };
}

const geometry = fc.constantFrom([640, 480], [2048, 2048], [7, 5]) as fc.Arbitrary<[number, number]>;
const cut = fc.nat(400);
const capacity = fc.constantFrom(32, 57, 8300);

/** Words of the kinds that follow each other in recordings, and now and then any word. */
const evt2Words = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 0x1fffffff }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map((high) => 0x80000000 + high) },
    { weight: 1, arbitrary: fc.nat(0xffffffff) },
  ),
  { maxLength: 400 },
);
const evt3Words = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.nat(0xfff).map((low) => 0x2000 | low) },
    { weight: 3, arbitrary: fc.nat(0xfff) },
    { weight: 2, arbitrary: fc.nat(0xfff).map((low) => 0x3000 | low) },
    { weight: 3, arbitrary: fc.nat(0x1fff).map((low) => 0x4000 + low) },
    { weight: 2, arbitrary: fc.nat(0xfff).map((low) => 0x6000 | low) },
    { weight: 1, arbitrary: fc.nat(40).map((high) => 0x8000 | high) },
    { weight: 1, arbitrary: fc.nat(0xffff) },
  ),
  { maxLength: 400 },
);

describe("kernels decode what the decoders in TypeScript do", () => {
  it("of any words of EVT2", () => {
    fc.assert(
      fc.property(evt2Words, cut, capacity, geometry, (words, at, rows, size) => {
        const bytes = new Uint8Array(Uint32Array.from([0x80000001, ...words]).buffer);
        expect(decode(evt2.newEvt2Decoder, bytes, at, rows, size)).toEqual(
          decode(plain.evt2!, bytes, at, rows, size),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("of any words of EVT3", () => {
    fc.assert(
      fc.property(evt3Words, cut, capacity, geometry, (words, at, rows, size) => {
        const bytes = new Uint8Array(Uint16Array.from([0x8001, 0x0003, ...words]).buffer);
        expect(decode(evt3.newEvt3Decoder, bytes, at, rows, size)).toEqual(
          decode(plain.evt3!, bytes, at, rows, size),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("of more words than their memory holds", () => {
    let bits = 1;
    const draw = (): number => {
      bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
      return bits >>> 16;
    };
    const words = Uint16Array.from({ length: 100_000 }, () => {
      const kind = draw() % 16;
      return kind < 9 ? 0x2000 | (draw() & 0xfff) : kind < 12 ? draw() & 0x7ff : 0x4000 + (draw() & 0x1fff);
    });
    words.set([0x8000, 5, 0x3010]);
    const bytes = new Uint8Array(words.buffer);
    const size = [1280, 720] as const;
    expect(decode(evt3.newEvt3Decoder, bytes, 70_001, 65_536, size)).toEqual(
      decode(plain.evt3!, bytes, 70_001, 65_536, size),
    );
    const evt2Bytes = new Uint8Array(
      Uint32Array.from({ length: 50_000 }, (_, i) =>
        i % 100 === 0 ? 0x80000000 + i : (draw() << 13) & 0x1fffffff,
      ).buffer,
    );
    expect(decode(evt2.newEvt2Decoder, evt2Bytes, 70_001, 20_000, size)).toEqual(
      decode(plain.evt2!, evt2Bytes, 70_001, 20_000, size),
    );
  });
});
