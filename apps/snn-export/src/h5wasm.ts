export { StandardDataExporter, type StandardExporterOptions } from "./standard-exporter.ts";
