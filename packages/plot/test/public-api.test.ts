import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ApngWriter",
      "COLOUR_MAPS",
      "DEFAULT_HEAT_MAP_FIGURE_OPTIONS",
      "DEFAULT_HEAT_MAP_OPTIONS",
      "DEFAULT_HISTOGRAM_OPTIONS",
      "DEFAULT_LINE_CHART_OPTIONS",
      "DEFAULT_RASTER_OPTIONS",
      "DEFAULT_SPIKE_FIGURE_OPTIONS",
      "DEFAULT_TEXT_BARS_OPTIONS",
      "DEFAULT_TRACES_OPTIONS",
      "GifWriter",
      "colourTable",
      "decodePngGrey",
      "drawPixelText",
      "encodePng",
      "heatMapPng",
      "heatMapSvg",
      "histogramSvg",
      "linesSvg",
      "pixelTextWidth",
      "rasterSvg",
      "sparkline",
      "spikeFigureSvg",
      "stackSvg",
      "svgToPng",
      "textBars",
      "tracesSvg",
    ]
  `);
});
