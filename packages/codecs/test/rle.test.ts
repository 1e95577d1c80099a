import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countRuns,
  countStepRuns,
  decodeRuns,
  decodeStepRuns,
  encodeRuns,
  encodeStepRuns,
  expandedLength,
} from "../src/index.ts";

const TOP = 2 ** 32 - 1;

function stepRuns(steps: readonly number[]): { starts: Uint32Array; counts: Uint32Array; runs: number } {
  const src = Uint32Array.from(steps);
  const runs = countStepRuns(src, 0, src.length);
  const starts = new Uint32Array(runs);
  const counts = new Uint32Array(runs);
  expect(encodeStepRuns(src, 0, src.length, starts, counts)).toBe(runs);
  return { starts, counts, runs };
}

describe("runs of active timesteps", () => {
  test.each([
    [[], [], []],
    [[7], [7], [1]],
    [
      [3, 4, 5, 9],
      [3, 9],
      [3, 1],
    ],
    [
      [5, 5, 6],
      [5, 5],
      [1, 2],
    ],
    [
      [9, 8, 7],
      [9, 8, 7],
      [1, 1, 1],
    ],
    [
      [TOP - 1, TOP, 0, 1],
      [TOP - 1, 0],
      [2, 2],
    ],
  ])("%o", (steps, expectedStarts, expectedCounts) => {
    const { starts, counts } = stepRuns(steps);
    expect([...starts]).toEqual(expectedStarts);
    expect([...counts]).toEqual(expectedCounts);
  });

  test("any timesteps come back, and spike trains are cut where a naive model cuts them", () => {
    const anyStep = fc.oneof(fc.nat(30), fc.integer({ min: TOP - 3, max: TOP }));
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), fc.boolean(), (numbers, isSorted) => {
        const steps = isSorted ? [...new Set(numbers)].sort((a, b) => a - b) : numbers;
        const { starts, counts, runs } = stepRuns(steps);
        const isStart = (step: number, i: number): boolean => i === 0 || steps[i - 1]! + 1 !== step;
        expect([...starts]).toEqual(steps.filter(isStart));
        const dst = new Uint32Array(steps.length + 2).fill(7);
        expect(decodeStepRuns(starts, counts, runs, dst, 1)).toBe(steps.length);
        expect([...dst]).toEqual([7, ...steps, 7]);
      }),
    );
  });

  test("only the given range is encoded", () => {
    const starts = new Uint32Array(3).fill(99);
    const counts = new Uint32Array(3).fill(99);
    expect(encodeStepRuns(new Uint32Array([1, 2, 3, 4]), 1, 3, starts, counts)).toBe(1);
    expect([starts[0], counts[0], starts[1], counts[1]]).toEqual([2, 2, 99, 99]);
  });

  test.each([
    ["an empty run", [1, 5], [1, 0], 4],
    ["a run past the last timestep", [1, TOP], [1, 2], 4],
    ["more steps than there is room for", [1, 5], [2, 4_000_000_000], 0],
  ])("%s is reported with its place and nothing is written", (_, starts, counts, byteOffset) => {
    const dst = new Uint32Array(10);
    expect(() => decodeStepRuns(Uint32Array.from(starts), Uint32Array.from(counts), 2, dst, 0)).toThrow(
      expect.objectContaining({ code: "CODECS_RLE_CORRUPT", byteOffset }),
    );
    expect(dst.every((value) => value === 0)).toBe(true);
  });
});

describe("runs of equal values", () => {
  test.each([0, 1, 2, 23, 24, 25, 1000])("a run of %d comes back between two others", (length) => {
    const values = Int16Array.from([5, 5, ...new Array<number>(length).fill(-3), 9]);
    const runs = countRuns(values, 0, values.length);
    expect(runs).toBe(length === 0 ? 2 : 3);
    const runValues = new Int16Array(runs);
    const counts = new Uint32Array(runs);
    expect(encodeRuns(values, 0, values.length, runValues, counts)).toBe(runs);
    expect(expandedLength(counts, runs)).toBe(values.length);
    const dst = new Int16Array(values.length);
    expect(decodeRuns(runValues, counts, runs, dst, 0)).toBe(values.length);
    expect(dst).toEqual(values);
  });

  test.each([Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array])(
    "any values come back: %o",
    (AnyArray) => {
      const run = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 60 }));
      fc.assert(
        fc.property(fc.array(run, { maxLength: 20 }), (parts) => {
          const values = AnyArray.from(
            parts.flatMap(([value, count]) => new Array<number>(count).fill(value)),
          );
          const runs = countRuns(values, 0, values.length);
          const runValues = new AnyArray(runs);
          const counts = new Uint32Array(runs);
          encodeRuns<typeof values>(values, 0, values.length, runValues, counts);
          for (let i = 1; i < runs; i++) expect(runValues[i]).not.toBe(runValues[i - 1]);
          const dst = new AnyArray(values.length);
          decodeRuns<typeof values>(runValues, counts, runs, dst, 0);
          expect(dst).toEqual(values);
        }),
        { numRuns: 40 },
      );
    },
  );

  test("corrupt counts give an error or fill just the room there is", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 8 }), (counts) => {
        const dst = new Uint8Array(300).fill(1);
        let written = 0;
        try {
          written = decodeRuns(new Uint8Array(counts.length).fill(2), counts, counts.length, dst, 0);
        } catch (error) {
          expect(error).toMatchObject({ code: "CODECS_RLE_CORRUPT" });
        }
        expect(dst.filter((value) => value === 2).length).toBe(written);
      }),
    );
  });

  test("too little room and bad ranges are refused", () => {
    const values = new Uint8Array([1, 2, 3]);
    expect(() => encodeRuns(values, 0, 3, new Uint8Array(2), new Uint32Array(3))).toThrow("output for 3");
    expect(() => encodeRuns(values, 0, 4, new Uint8Array(4), new Uint32Array(4))).toThrow("inside [0, 3)");
    expect(() =>
      encodeStepRuns(new Uint32Array([1, 3]), 0, 2, new Uint32Array(2), new Uint32Array(1)),
    ).toThrow("output for 2");
    expect(() => decodeRuns(values, new Uint32Array(3), 4, values, 0)).toThrow("inside [0, 3)");
    expect(() => decodeRuns(values, new Uint32Array(3), 0, values, 4)).toThrow("inside [0, 3)");
    expect(() => expandedLength(new Uint32Array(2), 3)).toThrow("inside [0, 2)");
  });
});

test("ends a run of timesteps at the last one there is, also when the next is 0", () => {
  const starts = new Uint32Array(4);
  const counts = new Uint32Array(4);
  const steps = Uint32Array.of(5, TOP - 1, TOP, 0, 1, 2, TOP, 0);
  expect(encodeStepRuns(steps, 0, 6, starts, counts)).toBe(3);
  expect([...starts.subarray(0, 3)]).toEqual([5, TOP - 1, 0]);
  expect([...counts.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect(encodeStepRuns(steps, 6, 8, starts, counts)).toBe(2);
  expect([...starts.subarray(0, 2)]).toEqual([TOP, 0]);
});
