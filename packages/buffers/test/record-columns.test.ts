import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ELEMENT_KINDS, type ElementKind, RecordColumns } from "../src/index.ts";
import { sourceOf, toNumbers } from "./arrays.ts";

const EVENTS = { t: "int64", x: "uint16", p: "uint8" } as const;

function eventsOf(rows: number): RecordColumns<typeof EVENTS> {
  const events = new RecordColumns(EVENTS, { initialCapacity: 4 });
  events.reserve(rows);
  const { t, x, p } = events.arrays;
  for (let i = 0; i < rows; i++) {
    t[i] = BigInt(i);
    x[i] = i * 2;
    p[i] = i & 1;
  }
  events.setRowCount(rows);
  return events;
}

describe("record columns", () => {
  test.each([0, 1, 3, 4, 5, 100])("%d rows written directly come back by view and by take", (rows) => {
    const events = eventsOf(rows);
    const expected = Array.from({ length: rows }, (_, i) => i * 2);
    expect([...events.view().x]).toEqual(expected);
    const taken = events.take();
    expect([...taken.x]).toEqual(expected);
    expect(toNumbers(taken.t)).toEqual(expected.map((v) => v / 2));
    expect(taken.t.byteLength).toBe(taken.t.buffer.byteLength);
    expect(events.rowCount).toBe(0);
  });

  test("full columns are handed over without a copy and are not written again", () => {
    const events = eventsOf(4);
    const before = events.arrays;
    const taken = events.take();
    expect(taken.x).toBe(before.x);
    expect([events.capacity, events.arrays.x.length]).toEqual([0, 0]);
    events.appendRows({ t: new BigInt64Array(2), x: new Uint16Array(2).fill(9), p: new Uint8Array(2) }, 0, 2);
    expect([...taken.x]).toEqual([0, 2, 4, 6]);
    expect([...events.view().x]).toEqual([9, 9]);
  });

  test("growth keeps the rows of every column", () => {
    const events = eventsOf(4);
    events.reserve(1000);
    expect(events.capacity).toBe(1004);
    expect([...events.view(1, 3).x]).toEqual([2, 4]);
    expect([...events.view().p]).toEqual([0, 1, 0, 1]);
  });

  test("rows of its own view can be appended", () => {
    const events = eventsOf(3);
    events.appendRows(events.view(), 1, 3);
    expect([...events.view().x]).toEqual([0, 2, 4, 2, 4]);
  });

  test.each([
    ["a missing column", { t: new BigInt64Array(2), x: new Uint16Array(2) }, "BUFFERS_COLUMN_KIND"],
    [
      "another kind",
      { t: new BigInt64Array(2), x: new Uint16Array(2), p: new Int8Array(2) },
      "BUFFERS_COLUMN_KIND",
    ],
    [
      "a short column",
      { t: new BigInt64Array(2), x: new Uint16Array(2), p: new Uint8Array(1) },
      "BUFFERS_RANGE_INVALID",
    ],
  ])("appending with %s changes no column", (_, columns, code) => {
    const events = eventsOf(4);
    expect(() => events.appendRows(columns as never, 0, 2)).toThrow(expect.objectContaining({ code }));
    expect(events.rowCount).toBe(4);
    expect([...events.view().x]).toEqual([0, 2, 4, 6]);
  });

  test("beyond maxCapacity is an error that changes nothing", () => {
    const events = new RecordColumns({ a: "uint8", b: "float64" }, { maxCapacity: 2 });
    expect(() => events.reserve(3)).toThrow(
      expect.objectContaining({ code: "BUFFERS_CAPACITY_EXCEEDED", requiredBytes: 27, limitBytes: 18 }),
    );
    expect(events.capacity).toBe(2);
  });

  test("an allocation that the engine refuses leaves every column as it was", () => {
    const events = new RecordColumns({ a: "uint8", b: "float64" }, { initialCapacity: 1 });
    const { a, b } = events.arrays;
    expect(() => events.reserve(2 ** 53 - 1)).toThrow(
      expect.objectContaining({ code: "BUFFERS_ALLOCATION_FAILED" }),
    );
    expect(events.arrays.a).toBe(a);
    expect(events.arrays.b).toBe(b);
    expect(events.capacity).toBe(1);
  });

  test("refuses empty schemas, unknown kinds, row counts above the capacity and bad ranges", () => {
    expect(() => new RecordColumns({})).toThrow("at least one column");
    expect(() => new RecordColumns({ a: "text" as ElementKind })).toThrow("expected one of uint8");
    const events = eventsOf(4);
    for (const count of [-1, 5, 1.5]) expect(() => events.setRowCount(count)).toThrow("range inside [0, 4)");
    expect(() => events.view(0, 5)).toThrow("range inside [0, 4)");
    expect(() => events.reserve(-1)).toThrow("an integer from 0");
  });

  test("clear keeps the capacity, setRowCount can cut rows off", () => {
    const events = eventsOf(4);
    events.setRowCount(2);
    expect([...events.view().x]).toEqual([0, 2]);
    events.clear();
    expect([events.rowCount, events.capacity]).toEqual([0, 4]);
  });

  test("columns of any kinds behave as plain arrays", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ELEMENT_KINDS), { minLength: 1, maxLength: 4 }),
        fc.array(fc.array(fc.nat(120), { maxLength: 40 }), { maxLength: 8 }),
        (kinds, batches) => {
          const schema = Object.fromEntries(kinds.map((kind, i) => [`c${i}`, kind]));
          const columns = new RecordColumns(schema, { initialCapacity: 2, growthFactor: 1.5 });
          const model: number[] = [];
          for (const batch of batches) {
            const sources = Object.fromEntries(kinds.map((kind, i) => [`c${i}`, sourceOf(kind, batch)]));
            columns.appendRows(sources as never, 0, batch.length);
            model.push(...batch);
          }
          expect(columns.rowCount).toBe(model.length);
          for (const array of Object.values(columns.take())) expect(toNumbers(array)).toEqual(model);
        },
      ),
    );
  });
});
