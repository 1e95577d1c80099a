export { COLOUR_MAPS, type ColourMapName, colourTable } from "./colour-map.ts";
export { decodePngGrey, type GreyImage } from "./decode-png.ts";
export { GifWriter } from "./gif.ts";
export { DEFAULT_HEAT_MAP_OPTIONS, type HeatMapOptions, heatMapPng } from "./heat-map.ts";
export {
  DEFAULT_HEAT_MAP_FIGURE_OPTIONS,
  type HeatMapFigureOptions,
  heatMapSvg,
} from "./heat-map-figure.ts";
export { DEFAULT_HISTOGRAM_OPTIONS, type HistogramOptions, histogramSvg } from "./histogram.ts";
export type { AnimationOptions, AnimationWriter, IndexedImageOptions } from "./indexed-image.ts";
export { DEFAULT_LINE_CHART_OPTIONS, type LineChartOptions, type LineSeries, linesSvg } from "./lines.ts";
export { drawPixelText, type PixelTextOptions, pixelTextWidth } from "./pixel-text.ts";
export { ApngWriter, encodePng } from "./png.ts";
export { DEFAULT_RASTER_OPTIONS, type RasterOptions, rasterSvg } from "./raster.ts";
export { sparkline } from "./sparkline.ts";
export {
  DEFAULT_SPIKE_FIGURE_OPTIONS,
  type SpikeFigureOptions,
  spikeFigureSvg,
} from "./spike-figure.ts";
export { stackSvg } from "./stack-svg.ts";
export { svgToPng } from "./svg-to-png.ts";
export { DEFAULT_TEXT_BARS_OPTIONS, type TextBarsOptions, textBars } from "./text-bars.ts";
export { DEFAULT_TRACES_OPTIONS, type Trace, type TracesOptions, tracesSvg } from "./traces.ts";
