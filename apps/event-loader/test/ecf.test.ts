import { isMillraceError, seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { decodeEcf, ECF_RECORD_BYTES } from "../src/ecf-decoder.ts";
import { encodeEcf } from "../src/encoders/ecf-encoder.ts";
import { ecfRecords } from "./helpers.ts";

type Event = readonly [x: number, y: number, p: number, t: number];

function recordsOf(events: readonly Event[]): Uint8Array {
  return ecfRecords(events.map(([x, y, p, t]) => [t, x, y, p]));
}

/** Events of which a share keeps its row, goes on to the right, and keeps its time. */
function events(count: number, seed: number, share: { row: number; column: number; time: number }): Event[] {
  const random = seededRandom(seed);
  let [x, y, p, t] = [0, 0, 0, 2 ** 33];
  return Array.from({ length: count }, (): Event => {
    if (random.next() >= share.row) y = random.nextInt(0, 2047);
    x = random.next() < share.column ? Math.min(2047, x + random.nextInt(1, 5)) : random.nextInt(0, 2047);
    if (random.next() < 0.3) p = 1 - p;
    if (random.next() >= share.time)
      t += random.next() < 0.1 ? random.nextInt(15, 2 ** 31) : random.nextInt(1, 14);
    return [x, y, p, t];
  });
}

describe("ECF", () => {
  it("encodes the event of Prophesee's test as they do", () => {
    const bytes = encodeEcf(recordsOf([[1, 2, 0, 4]]));
    expect(Buffer.from(bytes).toString("hex")).toBe("06000000040000000000000001000220000000000000000000");
  });

  // Everything packed; x and p packed; nothing packed.
  it.each([
    { form: 2, row: 0, column: 0, time: 0.2 },
    { form: 1, row: 0.9, column: 0, time: 0.9 },
    { form: 0, row: 0.95, column: 0.8, time: 0.99 },
  ])("gives back what it was given, form $form", ({ form, ...share }) => {
    for (const count of [1, 2, 3, 4, 5, 31, 130, 5000, 16_384]) {
      const records = recordsOf(events(count, count, share));
      const bytes = encodeEcf(records);
      if (count === 16_384) expect(bytes[0]! & 3).toBe(form);
      expect(decodeEcf(bytes, records.length)).toEqual(records);
      const padded = decodeEcf(bytes, 16_384 * ECF_RECORD_BYTES);
      expect(padded.subarray(0, records.length)).toEqual(records);
      expect(padded.subarray(records.length).every((byte) => byte === 0)).toBe(true);
    }
  });

  it("takes runs that are longer than their short counts", () => {
    const records = recordsOf(Array.from({ length: 65_535 }, (): Event => [7, 9, 1, 5]));
    const bytes = encodeEcf(records);
    expect(decodeEcf(bytes, records.length)).toEqual(records);
  });

  it("holds no events", () => {
    expect(decodeEcf(encodeEcf(new Uint8Array(0)), 64)).toEqual(new Uint8Array(64));
  });

  it.each([
    [[[2048, 0, 0, 0]], "place of event 0"],
    [[[0, 2048, 0, 0]], "place of event 0"],
    [[[0, 0, 2, 0]], "polarity of event 0"],
    [
      [
        [0, 0, 0, 5],
        [0, 0, 0, 4],
      ],
      "time of event 1",
    ],
    [[[0, 0, 0, -1]], "time of event 0"],
  ] as [Event[], string][])("refuses what it cannot hold: %j", (list, message) => {
    expect(() => encodeEcf(recordsOf(list))).toThrow(message);
  });

  it("refuses truncated and damaged chunks without a crash", () => {
    const records = recordsOf(events(300, 4, { row: 0.9, column: 0.8, time: 0.5 }));
    const bytes = encodeEcf(records);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeEcf(bytes.subarray(0, length), records.length)).toThrow(/ECF chunk/);
    }
    const random = seededRandom(5);
    for (let round = 0; round < 2000; round++) {
      const damaged = bytes.slice();
      damaged[random.nextInt(0, bytes.length - 1)] = random.nextInt(0, 255);
      try {
        expect(decodeEcf(damaged, records.length).length).toBe(records.length);
      } catch (error) {
        expect(isMillraceError(error, "EVENTS_ECF_CORRUPT"), String(error)).toBe(true);
      }
    }
  });
});
