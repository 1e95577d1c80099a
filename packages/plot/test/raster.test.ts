import { expect, it } from "vitest";
import { rasterSvg } from "../src/index.ts";

const dotsOf = (svg: string): number => svg.match(/h1\.5v1\.5/g)?.length ?? 0;

it("draws a dot for each spike, later ones to the right, higher ids up", () => {
  const svg = rasterSvg([0, 100], [0, 10], { title: "a <b> & c" });
  expect(dotsOf(svg)).toBe(2);
  const [first, second] = [...svg.matchAll(/M(\d+) (\d+)h1\.5/g)].map((m) => [Number(m[1]), Number(m[2])]);
  expect(second![0]).toBeGreaterThan(first![0]!);
  expect(second![1]).toBeLessThan(first![1]!);
  expect(svg).toContain("a &lt;b&gt; &amp; c");
});

it("draws spikes on the same pixel once: the image is bounded by its size", () => {
  const n = 100_000;
  const times = Float64Array.from({ length: n }, (_, i) => i % 1000);
  const ids = Float64Array.from({ length: n }, (_, i) => i % 7);
  const svg = rasterSvg(times, ids, { widthPixels: 200, heightPixels: 150 });
  expect(dotsOf(svg)).toBeLessThanOrEqual(200 * 150);
  expect(svg.length).toBeLessThan(200 * 150 * 30);
});

it("draws nothing, and one spike, without dividing by zero", () => {
  expect(dotsOf(rasterSvg([], []))).toBe(0);
  expect(rasterSvg([5], [5])).not.toContain("NaN");
});

it("labels round numbers only", () => {
  const svg = rasterSvg([0, 1000], [0, 99]);
  for (const label of ["200", "400", "1k", "20", "80"]) expect(svg).toContain(`>${label}</text>`);
});

it("refuses lengths that differ", () => {
  expect(() => rasterSvg([1, 2], [1])).toThrow("raster ids: got 1, expected 2, one for each time");
});

it("labels whole neurons only, however few there are, and keeps them off the axis", () => {
  const svg = rasterSvg([0, 1], [0, 2]);
  expect(svg).not.toContain(">0.5</text>");
  const heights = [...svg.matchAll(/M\d+ (\d+)h1\.5/g)].map((m) => Number(m[1]));
  expect(Math.max(...heights)).toBeLessThan(372 - 10);
});
