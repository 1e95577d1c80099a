import { expect, it } from "vitest";
import { histogramSvg, sparkline, stackSvg, svgToPng, textBars } from "../src/index.ts";

it("draws each value by its share of the largest", () => {
  expect(sparkline([0, 1, 2, 4])).toBe("▁▃▅█");
  expect(sparkline([])).toBe("");
  expect(sparkline([0, 0])).toBe("▁▁");
});

it("averages what does not fit", () => {
  expect(sparkline([0, 0, 8, 8, 4, 4], 3)).toBe("▁█▅");
  expect(sparkline(new Float64Array(1000).fill(1)).length).toBe(60);
});

it("draws bars of several lines", () => {
  expect(textBars([1, 2, 4], { rows: 2 })).toEqual(["  █", "▄██"]);
  expect(textBars([0, 0.001, 8], { rows: 1 })).toEqual([" ▁█"]);
  expect(textBars([0, 0])).toEqual(Array.from({ length: 6 }, () => "  "));
  expect(textBars([1, 3, 5, 7], { maxColumns: 2, rows: 3 })).toEqual([" █", " █", "██"]);
});

it("puts documents under each other", async () => {
  const svg = histogramSvg([1, 2], [0, 1, 2], { widthPixels: 200, heightPixels: 120 });
  const stacked = stackSvg([svg, svg]);
  expect(stacked).toMatch(/^<svg [^>]*width="200" height="240"/);
  const png = await svgToPng(stacked);
  const view = new DataView(png.buffer, png.byteOffset);
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([200, 240]);
  expect(() => stackSvg(["<p>"])).toThrow("SVG");
});
