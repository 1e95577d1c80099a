import { expect, it } from "vitest";
import { sparkline } from "../src/index.ts";

it("draws each value by its share of the largest", () => {
  expect(sparkline([0, 1, 2, 4])).toBe("▁▃▅█");
  expect(sparkline([])).toBe("");
  expect(sparkline([0, 0])).toBe("▁▁");
});

it("averages what does not fit", () => {
  expect(sparkline([0, 0, 8, 8, 4, 4], 3)).toBe("▁█▅");
  expect(sparkline(new Float64Array(1000).fill(1)).length).toBe(60);
});
