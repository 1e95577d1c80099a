import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";

export interface ExporterOptions {
  /** Directory that the file appears in; made when it is missing. @default "experiments" */
  readonly outputDirectory?: string;
  /** Neural states are kept every this many time steps; spikes always. @default 100 */
  readonly neuralSamplingRate?: number;
  /** Filter of numeric datasets. @default "gzip" */
  readonly compression?: "gzip" | "none";
  /** 1 (fast) to 9; only for gzip. @default 1 */
  readonly compressionLevel?: number;
  /** Size of one chunk of a dataset in bytes, before compression. @default 262144 */
  readonly chunkBytes?: number;
  /** Length of one time step in milliseconds, stored as `dt`. @default 1 */
  readonly timeStepMs?: number;
}

export const DEFAULT_EXPORTER_OPTIONS: Required<ExporterOptions> = Object.freeze({
  outputDirectory: "experiments",
  neuralSamplingRate: 100,
  compression: "gzip",
  compressionLevel: 1,
  chunkBytes: 1 << 18,
  timeStepMs: 1,
});

/** @throws InvalidArgumentError for an unknown option or a value outside its range */
export function resolveExporterOptions(options: ExporterOptions = {}): Required<ExporterOptions> {
  const filled = resolveOptions("snn", DEFAULT_EXPORTER_OPTIONS, options);
  checkInteger("snn", "neuralSamplingRate", filled.neuralSamplingRate, 1, 2 ** 31);
  checkOneOf("snn", "compression", filled.compression, ["gzip", "none"]);
  checkInteger("snn", "compressionLevel", filled.compressionLevel, 1, 9);
  checkInteger("snn", "chunkBytes", filled.chunkBytes, 4096, 1 << 26);
  return filled;
}
