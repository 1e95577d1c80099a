export { DEFAULT_HEAT_MAP_OPTIONS, type HeatMapOptions, heatMapPng } from "./heat-map.ts";
export { DEFAULT_LINE_CHART_OPTIONS, type LineChartOptions, type LineSeries, linesSvg } from "./lines.ts";
export { DEFAULT_RASTER_OPTIONS, type RasterOptions, rasterSvg } from "./raster.ts";
export { sparkline } from "./sparkline.ts";
