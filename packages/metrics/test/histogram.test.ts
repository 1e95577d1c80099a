import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram, QUANTILE_RELATIVE_ERROR } from "../src/index.ts";

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.observe(value);
  return histogram;
}

const inRange = fc
  .tuple(fc.integer({ min: -30, max: 42 }), fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }))
  .map(([exponent, fraction]) => fraction * 2 ** exponent);

test("a quantile is within the stated error of the exact one, for any values in range", () => {
  const run = fc.property(
    fc.array(inRange, { minLength: 1, maxLength: 300 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (values, quantile) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(quantile * values.length)) - 1]!;
      const found = histogramOf(values).quantile(quantile)!;
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * QUANTILE_RELATIVE_ERROR);
    },
  );
  fc.assert(run, { numRuns: 500 });
});

test("every value lies in a bucket whose bounds hold it, and the counts add up", () => {
  const anyValue = fc.oneof(
    inRange,
    fc.constantFrom(0, 5e-324, 2 ** -31, 2 ** 43, 2 ** 60, Number.MAX_VALUE),
  );
  const run = fc.property(fc.array(anyValue, { minLength: 1, maxLength: 100 }), (values) => {
    const buckets = histogramOf(values).buckets();
    for (const { from, to, count } of buckets) {
      const held = values.filter((v) => v >= from && (v < to || (to === Math.max(...values) && v === to)));
      expect(held).toHaveLength(count);
    }
    expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(values.length);
  });
  fc.assert(run);
});

test("powers of two open a new bucket, and the value just below them is in the one before", () => {
  for (let exponent = -30; exponent < 43; exponent++) {
    const power = 2 ** exponent;
    const below = power * (1 - Number.EPSILON / 2);
    expect(histogramOf([power]).buckets()).toEqual([{ from: power, to: power * (1 + 1 / 32), count: 1 }]);
    expect(histogramOf([below]).buckets()[0]!.to).toBe(power);
  }
});

test("count, sum, least and greatest are exact, and null or 0 while empty", () => {
  const empty = new Histogram();
  expect([empty.count, empty.sum, empty.min, empty.max, empty.quantile(0.5)]).toEqual([
    0,
    0,
    null,
    null,
    null,
  ]);
  expect(empty.buckets()).toEqual([]);
  const histogram = histogramOf([3, 0, 0.001, 7]);
  expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([4, 10.001, 0, 7]);
  expect([histogram.quantile(0), histogram.quantile(1)]).toEqual([0, 7]);
});

test("values outside the range count, and their quantiles stay between least and greatest", () => {
  const histogram = histogramOf([0, 2 ** -40, 1, 2 ** 50, 2 ** 51]);
  expect(histogram.quantile(0.4)).toBeLessThanOrEqual(2 ** -30);
  expect(histogram.quantile(0.8)).toBe(2 ** 51);
});

test("refuses negative and non-finite values and quantiles outside 0 to 1", () => {
  const histogram = new Histogram();
  for (const value of [-1, -Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => histogram.observe(value)).toThrow(
      expect.objectContaining({ code: "METRICS_HISTOGRAM_VALUE" }),
    );
  }
  for (const quantile of [-0.1, 1.1, Number.NaN]) {
    expect(() => histogram.quantile(quantile)).toThrow(
      expect.objectContaining({ code: "METRICS_QUANTILE_RANGE" }),
    );
  }
  histogram.observe(-0);
  expect(histogram.count).toBe(1);
});
