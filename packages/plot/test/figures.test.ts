import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { heatMapSvg, histogramSvg, spikeFigureSvg, svgToPng, tracesSvg } from "../src/index.ts";

/** The three bytes of a pixel. */
function pixelAt(png: Uint8Array, x: number, y: number): number[] {
  const { data, width, channels } = decode(png);
  return [...data.slice((y * width + x) * channels, (y * width + x) * channels + 3)];
}

describe("spikeFigureSvg", () => {
  it("counts each spike in one bin of the rate, the last one too", () => {
    const svg = spikeFigureSvg([0, 1, 1, 9, 10], [0, 1, 2, 0, 1], { binWidth: 5 });
    // Bars of 3 and 2 spikes: the higher reaches the top of its panel, the other two thirds of the way.
    const [, first, second, bottom] = /d="M64 \d+V([\d.]+)H[\d.]+V([\d.]+)H[\d.]+V([\d.]+)z"/
      .exec(svg)!
      .map(Number);
    expect((bottom! - second!) / (bottom! - first!)).toBeCloseTo(2 / 3, 2);
  });

  it("multiplies counts to rates, and draws no spikes without dividing by zero", () => {
    expect(spikeFigureSvg([0, 10], [0, 1], { binWidth: 5, rateFactor: 1000 })).toContain(">1k<");
    expect(spikeFigureSvg([], [])).not.toContain("NaN");
  });

  it("refuses ids that are not one for each time", () => {
    expect(() => spikeFigureSvg([0], [])).toThrow("raster ids");
  });
});

describe("histogramSvg", () => {
  it("draws a bar for each count", () => {
    const svg = histogramSvg([1, 4, 2], [0, 10, 20, 30]);
    expect(svg.match(/H[\d.]+V/g)?.length).toBe(3);
    expect(svg).not.toContain("NaN");
  });

  it("refuses edges that are not one more than bars", () => {
    expect(() => histogramSvg([1, 2], [0, 1])).toThrow("one more than bars");
  });

  it("keeps the highest of bars that are narrower than a pixel", async () => {
    const counts = new Float64Array(100_000);
    counts[50_000] = 9;
    const svg = histogramSvg(
      counts,
      Float64Array.from({ length: 100_001 }, (_, i) => i),
    );
    expect(svg.length).toBeLessThan(40_000);
    expect(svg).toContain("V36H");
  });
});

describe("tracesSvg", () => {
  it("covers negative values and draws a peak among a million others", () => {
    const x = Float64Array.from({ length: 1_000_000 }, (_, i) => i);
    const y = new Float32Array(1_000_000).fill(-65);
    y[333_333] = 30;
    const svg = tracesSvg([{ name: "v", x, y }]);
    expect(svg.length).toBeLessThan(100_000);
    // 36 is the top of the panel.
    expect(svg).toMatch(/L[\d.]+ 36L/);
  });

  it("breaks the line at values that are not numbers", () => {
    const svg = tracesSvg([{ name: "v", x: [0, 1, 2, 3], y: [1, Number.NaN, 1, 2] }]);
    expect(svg.match(/d="(M[^"]*)" fill="none" stroke="#0072b2"/)![1]!.match(/M/g)).toHaveLength(2);
    expect(svg).not.toContain("NaN");
  });

  it("refuses values that are not one for each time", () => {
    expect(() => tracesSvg([{ name: "v", x: [0, 1], y: [1] }])).toThrow("trace v, y");
  });
});

describe("svgToPng", () => {
  it("draws the cells of a heat map with sharp edges, NaN white", async () => {
    const svg = heatMapSvg([-1, 1, Number.NaN, 0], 2, 2, { widthPixels: 374, heightPixels: 284 });
    const png = await svgToPng(svg);
    expect(decode(png)).toMatchObject({ width: 374, height: 284 });
    // Panel of 200 x 200 pixels from (64, 36) on; viridis from dark violet to yellow.
    expect(pixelAt(png, 64 + 50, 36 + 50)).toEqual([68, 1, 84]);
    expect(pixelAt(png, 64 + 98, 36 + 50)).toEqual([68, 1, 84]);
    expect(pixelAt(png, 64 + 150, 36 + 50)).toEqual([253, 231, 37]);
    expect(pixelAt(png, 64 + 50, 36 + 150)).toEqual([255, 255, 255]);
  });

  it("sets text in the font that comes along, and scales", async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="sans-serif"><text x="2" y="16">I</text></svg>';
    const { width, height, data } = decode(await svgToPng(svg, 2));
    expect([width, height]).toEqual([80, 40]);
    expect(data.some((value) => value > 0)).toBe(true);
  });

  it("refuses what is no SVG, by name", async () => {
    await expect(svgToPng("hello")).rejects.toMatchObject({ code: "PLOT_SVG_INVALID" });
  });
});

it("a grid larger than the image keeps its extremes", () => {
  const values = new Float64Array(2000 * 2000).fill(0.5);
  values[1_234_567] = -7;
  const svg = heatMapSvg(values, 2000, 2000, { valueLabel: "mV" });
  expect(svg).toContain(">-6<");
  expect(svg.length).toBeLessThan(200_000);
});
