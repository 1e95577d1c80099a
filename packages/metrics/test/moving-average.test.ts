import { isMillraceError } from "@millrace/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MovingAverage } from "../src/index.ts";

it("follows RFC 6298: SRTT and RTTVAR after 100, 200 and 60", () => {
  const average = new MovingAverage();
  expect([average.count, average.mean, average.deviation, average.bound(4)]).toEqual([0, 0, 0, 0]);
  average.add(100);
  expect([average.mean, average.deviation, average.bound(4)]).toEqual([100, 50, 300]);
  average.add(200);
  expect([average.mean, average.deviation]).toEqual([112.5, 62.5]);
  average.add(60);
  expect([average.count, average.mean, average.deviation]).toEqual([3, 105.9375, 60]);
});

it("stays between the least and the greatest value, and nears one that stays", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(values, (all) => {
      const average = new MovingAverage();
      for (const value of all) average.add(value);
      const slack = 1e-6;
      expect(average.mean).toBeGreaterThanOrEqual(Math.min(...all) - slack);
      expect(average.mean).toBeLessThanOrEqual(Math.max(...all) + slack);
      for (let i = 0; i < 300; i++) average.add(7);
      expect(average.mean).toBeCloseTo(7, 3);
      expect(average.deviation).toBeCloseTo(0, 3);
    }),
  );
});

it("refuses what is no number", () => {
  const average = new MovingAverage();
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const failure = ((): unknown => {
      try {
        return average.add(value);
      } catch (error) {
        return error;
      }
    })();
    expect(isMillraceError(failure, "METRICS_AVERAGE_VALUE")).toBe(true);
  }
});
