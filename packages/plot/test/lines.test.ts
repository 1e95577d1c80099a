import { expect, it } from "vitest";
import { linesSvg } from "../src/index.ts";

const pointsOf = (svg: string): number[][][] =>
  [...svg.matchAll(/points="([^"]*)"/g)].map((match) =>
    match[1]!.split(" ").map((point) => point.split(",").map(Number)),
  );

it("draws larger values higher and to the right, from 0 at the bottom", () => {
  const [line] = pointsOf(linesSvg([{ name: "a", x: [1, 2, 3], y: [0, 5, 10] }], { heightPixels: 320 }));
  const [first, second, third] = line!;
  expect(first).toEqual([72, 320 - 48]);
  expect(third![1]).toBe(36);
  expect(second![0]! - first![0]!).toBe(third![0]! - second![0]!);
  expect(second![1]).toBe((first![1]! + third![1]!) / 2);
});

it("puts equal factors equally far apart on a logarithmic axis", () => {
  const [line] = pointsOf(linesSvg([{ name: "a", x: [1, 10, 100], y: [1, 1, 1] }], { xScale: "log" }));
  expect(line![1]![0]! - line![0]![0]!).toBeCloseTo(line![2]![0]! - line![1]![0]!, 0);
});

it("names every series in a colour of its own, escaped, and labels numbers shortly", () => {
  const svg = linesSvg(
    [
      { name: "ours & more", x: [1000, 8e6], y: [1, 2.5e9] },
      { name: "peer", x: [1000], y: [3] },
    ],
    { xLabel: "values" },
  );
  expect(svg).toContain("ours &amp; more");
  for (const label of ["1k", "8M", "2.5G", "values", "#0072b2", "#d55e00"]) expect(svg).toContain(label);
  expect(svg).not.toContain("NaN");
});

it("draws one point, and none, without dividing by zero", () => {
  expect(linesSvg([{ name: "a", x: [5], y: [0] }])).not.toContain("NaN");
  expect(linesSvg([])).not.toContain("NaN");
});

it("refuses lengths that differ, and x that a logarithm does not have", () => {
  expect(() => linesSvg([{ name: "a", x: [1], y: [] }])).toThrow(
    "line a, y: got 0, expected 1, one for each x",
  );
  expect(() => linesSvg([{ name: "a", x: [0], y: [1] }], { xScale: "log" })).toThrow("expected above 0");
});
