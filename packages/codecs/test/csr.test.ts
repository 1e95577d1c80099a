import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csrToRows, eventsToCsr, validateCsr, weightedEventsToCsr } from "../src/index.ts";

describe("CSR", () => {
  test("events in any order are sorted by row and keep their order within it", () => {
    const indptr = new Uint32Array(4);
    const indices = new Uint32Array(4);
    const data = new Float32Array(4);
    const rows = new Uint32Array([2, 0, 2, 0]);
    const columns = new Uint32Array([7, 3, 2, 3]);
    weightedEventsToCsr(rows, columns, new Float32Array([1, 2, 3, 4]), 0, 4, indptr, indices, data);
    expect([...indptr]).toEqual([0, 2, 2, 4]);
    expect([...indices]).toEqual([3, 3, 7, 2]);
    expect([...data]).toEqual([2, 4, 1, 3]);
  });

  test("agrees with a stable sort of any events, and gives the events back row by row", () => {
    const event = fc.tuple(fc.nat(9), fc.nat(20));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), fc.boolean(), fc.nat(3), (events, isSorted, skip) => {
        if (isSorted) events.sort((a, b) => a[0] - b[0]);
        const start = Math.min(skip, events.length);
        const rows = Uint32Array.from(events, ([row]) => row);
        const columns = Uint32Array.from(events, ([, column]) => column);
        const values = Float64Array.from(events, (_, i) => i);
        const used = events.map(([row, column], i) => ({ row, column, i })).slice(start);
        const expected = used.toSorted((a, b) => a.row - b.row);
        const indptr = new Uint32Array(11).fill(99);
        const indices = new Uint32Array(used.length);
        eventsToCsr(rows, columns, start, events.length, indptr, indices);
        validateCsr(indptr, indices, 21);
        expect([...indices]).toEqual(expected.map(({ column }) => column));
        for (let row = 0; row <= 10; row++) {
          expect(indptr[row]).toBe(expected.filter((e) => e.row < row).length);
        }
        const back = new Uint32Array(used.length + 1).fill(77);
        expect(csrToRows(indptr, back, 1)).toBe(used.length);
        expect([...back]).toEqual([77, ...expected.map(({ row }) => row)]);
        const weightedIndptr = new Uint32Array(11);
        const data = new Float64Array(used.length);
        weightedEventsToCsr(rows, columns, values, start, events.length, weightedIndptr, indices, data);
        expect(weightedIndptr).toEqual(indptr);
        expect([...data]).toEqual(expected.map(({ i }) => i));
      }),
    );
  });

  test("no rows and no events are a matrix, too", () => {
    const indptr = new Uint32Array([9]);
    const none = new Uint32Array(0);
    eventsToCsr(none, none, 0, 0, indptr, none);
    expect([...indptr]).toEqual([0]);
    validateCsr(indptr, none, 0);
    expect(csrToRows(indptr, none)).toBe(0);
  });

  test("a row that does not exist is refused with the number of the event", () => {
    const two = new Uint32Array([0, 3]);
    expect(() => eventsToCsr(two, two, 0, 2, new Uint32Array(4), new Uint32Array(2))).toThrow(
      "row of event 1: got 3, expected one below 3",
    );
    expect(() => eventsToCsr(two, two, 0, 0, new Uint32Array(0), two)).toThrow("number of rows + 1");
  });

  test("short outputs and bad ranges are refused", () => {
    const two = new Uint32Array(2);
    const indptr = new Uint32Array(3);
    expect(() => eventsToCsr(two, two, 0, 2, indptr, new Uint32Array(1))).toThrow("output for 2");
    expect(() => eventsToCsr(two, new Uint32Array(1), 0, 2, indptr, two)).toThrow("inside [0, 1)");
    expect(() => weightedEventsToCsr(two, two, two, 0, 2, indptr, two, new Uint32Array(1))).toThrow("output");
    expect(() => csrToRows(new Uint32Array([0, 3]), two)).toThrow("output for 3");
  });

  test.each([
    ["no pointer", [], [], 0],
    ["a first pointer that is not 0", [1, 2], [0, 0], 0],
    ["a falling pointer", [0, 2, 1], [0], 8],
    ["a last pointer beyond the indices", [0, 3], [0, 0], 4],
    ["a last pointer before the end of the indices", [0, 1], [0, 0], 4],
    ["a column out of range", [0, 3], [0, 4, 5], 8],
  ])("%s is reported with its place", (_, indptr, indices, byteOffset) => {
    expect(() => validateCsr(Uint32Array.from(indptr), Uint32Array.from(indices), 5)).toThrow(
      expect.objectContaining({ name: "CorruptDataError", code: "CODECS_CSR_CORRUPT", byteOffset }),
    );
  });

  test("expanding a falling pointer is an error, never an endless or a wrong list", () => {
    const rows = new Uint32Array(9);
    expect(() => csrToRows(new Uint32Array([0, 5, 2]), rows)).toThrow("must not fall");
    expect(rows.every((row) => row === 0)).toBe(true);
  });
});
