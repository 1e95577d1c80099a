import { bytesSource } from "@millrace/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newAedat2Decoder } from "../src/aedat2.ts";
import { newAedat3Decoder } from "../src/aedat3.ts";
import { datFormat } from "../src/dat.ts";
import type { DecoderState } from "../src/decoder-state.ts";
import type { DecoderContext, EventDecoder } from "../src/event-decoder.ts";
import { newEventStreamDecoder } from "../src/event-stream.ts";
import { newEvt2Decoder } from "../src/evt2.ts";
import { newEvt3Decoder } from "../src/evt3.ts";
import { newEvt3SdkDecoder } from "../src/evt3-sdk.ts";
import { newEvt4Decoder } from "../src/evt4.ts";
import { newEvt21Decoder } from "../src/evt21.ts";
import { newNmnistDecoder } from "../src/nmnist.ts";
import { newTextDecoder } from "../src/text.ts";
import { aedat3Packet, cutAt, type Decoded, decodePieces } from "./helpers.ts";
import {
  naiveAedat1,
  naiveAedat2,
  naiveAedat3,
  naiveAtis,
  naiveDat,
  naiveEventStream,
  naiveEvt2,
  naiveEvt3,
  naiveEvt4,
  naiveEvt21,
  naiveNmnist,
} from "./oracles.ts";

/** Word types as often as in a recording, and now and then anything at all. */
const evt2Word = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0x1fffffff) },
  { weight: 2, arbitrary: fc.nat(300).map((high) => 0x80000000 + high) },
  { weight: 1, arbitrary: fc.nat(30).map((less) => 0x8fffffff - less) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);
const evt3Word = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0x6fff) },
  { weight: 1, arbitrary: fc.nat(40).map((high) => 0x8000 + high) },
  { weight: 1, arbitrary: fc.nat(40).map((less) => 0x8fff - less) },
  { weight: 2, arbitrary: fc.nat(0xffff) },
);
const evt2Bytes = fc
  .array(evt2Word, { maxLength: 200 })
  .map((words) => new Uint8Array(Uint32Array.from(words).buffer));
const evt3Bytes = fc
  .array(evt3Word, { maxLength: 300 })
  .map((words) => new Uint8Array(Uint16Array.from(words).buffer));
const newEvt21 = (order: "little" | "legacy") => (context: DecoderContext) => newEvt21Decoder(context, order);
const evt21Bytes = (order: "little" | "legacy") =>
  fc
    .array(fc.tuple(evt2Word, fc.nat(0xffffffff)), { maxLength: 80 })
    .map(
      (words) =>
        new Uint8Array(
          Uint32Array.from(
            words.flatMap(([word, mask]) => (order === "legacy" ? [word, mask] : [mask, word])),
          ).buffer,
        ),
    );
const evt4Word = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0xa0000000, max: 0xdfffffff }) },
  { weight: 2, arbitrary: fc.nat(300).map((high) => 0xe0000000 + high) },
  { weight: 1, arbitrary: fc.nat(30).map((less) => 0xefffffff - less) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);
const evt4Bytes = fc
  .array(evt4Word, { maxLength: 100 })
  .map((words) => new Uint8Array(Uint32Array.from(words).buffer));
const newDat = (context: DecoderContext) =>
  datFormat(bytesSource(new Uint8Array(0)), new Uint8Array(0), undefined).newDecoder(context);
const datBytes = fc
  .array(fc.tuple(fc.oneof(fc.nat(99), fc.nat(0xffffffff)), fc.nat(0xffffffff)), { maxLength: 100 })
  .map((records) => new Uint8Array(Uint32Array.from(records.flat()).buffer));
const esBytes = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(254, 255)), { maxLength: 400 })
  .map((bytes) => Uint8Array.from(bytes));
const anyRecords = fc
  .array(fc.oneof(fc.nat(255), fc.constant(240)), { maxLength: 400 })
  .map((bytes) => Uint8Array.from(bytes));
const packets = fc
  .array(
    fc.record({
      type: fc.constantFrom(0, 1, 1, 2, 3),
      overflow: fc.nat(5),
      events: fc.array(fc.tuple(fc.nat(0xffffffff), fc.nat(0x7fffffff)), { maxLength: 8 }),
    }),
    { maxLength: 10 },
  )
  .map((all) =>
    Uint8Array.from(all.flatMap(({ type, overflow, events }) => [...aedat3Packet(type, events, overflow)])),
  );
const textLine = fc.oneof(
  fc
    .tuple(fc.nat(9), fc.nat(999_999), fc.nat(70_000), fc.nat(479), fc.integer({ min: -1, max: 2 }))
    .map(([seconds, micros, x, y, p]) => `${seconds}.${String(micros).padStart(6, "0")} ${x} ${y} ${p}`),
  fc.constantFrom("", "# a comment", "1.5 2", "1 2 3 4 5", "x y", "1.5,3,4,1\r", " 2\t3 ,4 ;1"),
);
const textBytes = fc
  .tuple(fc.array(textLine, { maxLength: 40 }), fc.boolean())
  .map(([lines, isEnded]) => new TextEncoder().encode(lines.join("\n") + (isEnded ? "\n" : "")));
const layout = {
  columns: ["t", "x", "y", "p"],
  timeUnit: "s",
  dataStart: 0,
  width: undefined,
  height: undefined,
} as const;

type Format = {
  readonly name: string;
  readonly bytes: fc.Arbitrary<Uint8Array>;
  newDecoder(context: DecoderContext): EventDecoder;
  /** Bytes of the smallest unit; 1 for lines of text, 0 where it varies. */
  readonly wordSize: number;
  readonly naive?: (bytes: Uint8Array) => Pick<Decoded, "events" | "triggers">;
};

const FORMATS: Format[] = [
  { name: "EVT2", bytes: evt2Bytes, newDecoder: newEvt2Decoder, wordSize: 4, naive: naiveEvt2 },
  ...(["little", "legacy"] as const).map(
    (order): Format => ({
      name: `EVT2.1 (${order})`,
      bytes: evt21Bytes(order),
      newDecoder: newEvt21(order),
      wordSize: 8,
      naive: (bytes) => naiveEvt21(bytes, order),
    }),
  ),
  { name: "EVT3", bytes: evt3Bytes, newDecoder: newEvt3Decoder, wordSize: 2, naive: naiveEvt3 },
  { name: "EVT3 (sdk)", bytes: evt3Bytes, newDecoder: newEvt3SdkDecoder, wordSize: 2 },
  { name: "EVT4", bytes: evt4Bytes, newDecoder: newEvt4Decoder, wordSize: 4, naive: naiveEvt4 },
  { name: "DAT", bytes: datBytes, newDecoder: newDat, wordSize: 8, naive: naiveDat },
  { name: "ES", bytes: esBytes, newDecoder: newEventStreamDecoder, wordSize: 0, naive: naiveEventStream },
  {
    name: "ES (ATIS)",
    bytes: esBytes,
    newDecoder: (context) => newEventStreamDecoder(context, "ATIS"),
    wordSize: 0,
    naive: naiveAtis,
  },
  {
    name: "AEDAT1",
    bytes: anyRecords,
    newDecoder: (context) => newAedat2Decoder(context, "DVS128", 2),
    wordSize: 6,
    naive: naiveAedat1,
  },
  ...(["DAVIS", "DVS128"] as const).map(
    (layout): Format => ({
      name: `AEDAT2 (${layout})`,
      bytes: anyRecords,
      newDecoder: (context) => newAedat2Decoder(context, layout),
      wordSize: 8,
      naive: (bytes) => naiveAedat2(bytes, layout),
    }),
  ),
  {
    name: "AEDAT3",
    bytes: packets,
    newDecoder: (context) => newAedat3Decoder(context, "test"),
    wordSize: 0,
    naive: naiveAedat3,
  },
  { name: "N-MNIST", bytes: anyRecords, newDecoder: newNmnistDecoder, wordSize: 5, naive: naiveNmnist },
  {
    name: "text",
    bytes: textBytes,
    newDecoder: (context) => newTextDecoder(context, layout),
    wordSize: 1,
  },
];

describe.each(FORMATS)("any $name", ({ bytes: anyBytes, newDecoder, wordSize }) => {
  it("gives the same in any pieces, at any address, byte by byte, and into chunks of any size", () => {
    fc.assert(
      fc.property(
        anyBytes,
        fc.array(fc.nat(1000)),
        fc.integer({ min: 32, max: 80 }),
        (bytes, cuts, rowsPerChunk) => {
          const whole = decodePieces(newDecoder, [bytes], 8192);
          const places = cuts.map((cut) => Math.min(cut, bytes.length));
          expect(decodePieces(newDecoder, cutAt(bytes, places), rowsPerChunk)).toEqual(whole);
          const everywhere = Array.from(bytes, (_, i) => i);
          expect(decodePieces(newDecoder, cutAt(bytes, everywhere), rowsPerChunk)).toEqual(whole);
        },
      ),
    );
  });

  it("gives a beginning of the same events when it is cut off anywhere", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const whole = decodePieces(newDecoder, [bytes], 8192);
        for (let end = 0; end < bytes.length; end++) {
          const { events, violations } = decodePieces(newDecoder, [bytes.subarray(0, end)], 8192);
          if (wordSize === 1) {
            // The last number of a line may have been cut: that line is another one, or none.
            const complete = bytes.subarray(0, end).lastIndexOf(10) + 1;
            const sure = decodePieces(newDecoder, [bytes.subarray(0, complete)], 8192).events.length;
            expect(events.length - sure).toBeLessThanOrEqual(1);
            expect(events.slice(0, sure)).toEqual(whole.events.slice(0, sure));
          } else {
            expect(events).toEqual(whole.events.slice(0, events.length));
            if (wordSize > 0 && end % wordSize !== 0) expect(violations).toMatchObject({ truncatedWord: 1 });
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe.each(FORMATS)("the saved state of $name", ({ bytes: anyBytes, newDecoder }) => {
  it("lets another decoder go on anywhere as if it had read all before", () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(400), (bytes, place) => {
        const cut = Math.min(place, bytes.length);
        const whole = decodePieces(newDecoder, [bytes], 8192).events;
        let state: DecoderState = { byteOffset: 0, values: [] };
        const first = decodePieces(
          (context) => {
            const decoder = newDecoder(context);
            // What is left over belongs to the other one.
            decoder.finish = () => {
              state = decoder.saveState();
            };
            return decoder;
          },
          [bytes.subarray(0, cut)],
          8192,
        ).events;
        const rest = decodePieces(
          (context) => {
            const decoder = newDecoder(context);
            decoder.restoreState(state);
            return decoder;
          },
          [bytes.subarray(state.byteOffset)],
          8192,
        ).events;
        expect([...first, ...rest]).toEqual(whole);
      }),
    );
  });
});

describe("against decoders that go word by word with bigints", () => {
  it.each(FORMATS.filter(({ naive }) => naive !== undefined))(
    "$name gives the same events and triggers for any words",
    ({ bytes, newDecoder, naive }) => {
      fc.assert(
        fc.property(bytes, (input) => {
          const { events, triggers } = decodePieces(newDecoder, [input], 64);
          expect({ events, triggers }).toEqual(naive!(input));
        }),
        { numRuns: 500 },
      );
    },
  );
});
