import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { DURABILITIES, type Durability, diskVfs, type Vfs } from "@millrace/files";
import { type AnalyticsOptions, resolveAnalyticsOptions } from "./analytics/options.ts";
import { BACKENDS, type Backend, checkBackend } from "./backend.ts";
import { DEFAULT_FIELDS_OPTIONS, type FieldsOptions, type FilledFields, resolveFields } from "./fields.ts";
import type { ColumnCodec } from "./plugins/codec.ts";
import type { SinkFactory } from "./plugins/sink-factory.ts";
import type { Transformer } from "./plugins/transformer.ts";
import type { Validator } from "./plugins/validator.ts";
import { type AdaptiveSamplingOptions, resolveAdaptiveSampling } from "./state-sampler.ts";

/** How an experiment is recorded. */
export interface ExporterOptions {
  /** Directory that the file appears in; made when it is missing. @default "experiments" */
  readonly outputDirectory?: string;
  /** Neural states are kept at time steps that this divides; spikes always. @default 100 */
  readonly neuralSamplingRate?: number;
  /** In place of `neuralSamplingRate`: the rate follows what the states do, between two bounds. @default undefined */
  readonly adaptiveSampling?: AdaptiveSamplingOptions | undefined;
  /** Whether values are looked at: NaN, ids out of range or twice. Shapes and the order of steps always are. @default true */
  readonly validation?: boolean;
  /** Filter of numeric datasets, after a byte shuffle. @default "gzip" */
  readonly compression?: "gzip" | "lzf" | "zstd" | "none";
  /** 1 to 9 for gzip (from 2 on it finds repeated rows), 1 to 19 for zstd; the others have none. @default 1 for gzip, 3 for zstd */
  readonly compressionLevel?: number | undefined;
  /** Size of one chunk of a dataset in bytes, before compression. @default 262144 */
  readonly chunkBytes?: number;
  /** Whether others shall be able to follow the file while it grows: a checkpoint at least every second. @default false */
  readonly liveReading?: boolean;
  /** Milliseconds between checkpoints; 0 for none by time. @default 1000 for live reading, else 10000 */
  readonly checkpointIntervalMs?: number | undefined;
  /** Whether chunks are compressed in libuv's thread pool while the simulation goes on. @default false */
  readonly asyncWrite?: boolean;
  /** What a checkpoint survives: "disk" power loss, "os" the end of the process; "none" is as "os". @default "disk" */
  readonly durability?: Durability;
  /** How buffers grow until they hold a chunk: 2, or 1.5 to waste less. @default 2 */
  readonly growthFactor?: 1.5 | 2;
  /**
   * Our own writer of HDF5; or the same tree as a directory: a Zarr 3 store, or a Parquet file for each table.
   * @default "hdf5"
   */
  readonly backend?: Backend;
  /** Length of one time step in milliseconds, stored as `dt`. @default 1 */
  readonly timeStepMs?: number;
  /** Types, units and descriptions of fields. @default {} */
  readonly fields?: FieldsOptions;
  /** Which sources go under `/code_snapshot`: the script that node was started with, these files, or none. @default "entry" */
  readonly codeSnapshot?: "entry" | "none" | readonly string[];
  /** Whether git is asked for commit, branch and changes. @default true */
  readonly git?: boolean;
  /** What is worked out while recording: `{}` for all with its defaults. @default undefined: nothing */
  readonly analytics?: AnalyticsOptions | undefined;
  /** Change entries and blocks before they are checked and stored, one after another. @default [] */
  readonly transformers?: readonly Transformer[];
  /** Look at entries and blocks beside the checks that always are. @default [] */
  readonly validators?: readonly Validator[];
  /** Store values in a form of their own, by field: "neural_states", "rewards", "behavior/x". @default {} */
  readonly codecs?: Readonly<Record<string, ColumnCodec>>;
  /** Makes what is written to, in place of `backend`. @default undefined */
  readonly sink?: SinkFactory | undefined;
  /** The file system. @default diskVfs */
  readonly vfs?: Vfs;
}

/** What {@link ExporterOptions} are when they are not given. */
export const DEFAULT_EXPORTER_OPTIONS: Required<ExporterOptions> = Object.freeze({
  outputDirectory: "experiments",
  neuralSamplingRate: 100,
  adaptiveSampling: undefined,
  validation: true,
  compression: "gzip",
  compressionLevel: undefined,
  chunkBytes: 1 << 18,
  liveReading: false,
  checkpointIntervalMs: undefined,
  asyncWrite: false,
  durability: "disk",
  growthFactor: 2,
  backend: "hdf5",
  timeStepMs: 1,
  fields: DEFAULT_FIELDS_OPTIONS,
  codeSnapshot: "entry",
  git: true,
  analytics: undefined,
  transformers: Object.freeze([]),
  validators: Object.freeze([]),
  codecs: Object.freeze({}),
  sink: undefined,
  vfs: diskVfs,
});

/** Options as they hold: nothing is left open. */
export interface FilledExporterOptions
  extends Omit<
    Required<ExporterOptions>,
    "compressionLevel" | "checkpointIntervalMs" | "fields" | "adaptiveSampling" | "analytics"
  > {
  /** 0 where the compression has no levels. */
  readonly compressionLevel: number;
  readonly checkpointIntervalMs: number;
  readonly fields: FilledFields;
  readonly adaptiveSampling: Required<AdaptiveSamplingOptions> | undefined;
  readonly analytics: Required<AnalyticsOptions> | undefined;
}

/** Default and highest level of each compression; those without a row have no levels. */
const LEVELS: Readonly<Record<string, { readonly usual: number; readonly most: number }>> = {
  gzip: { usual: 1, most: 9 },
  zstd: { usual: 3, most: 19 },
};

/** @throws InvalidArgumentError for an unknown option, a value outside its range, or options that exclude each other */
export function resolveExporterOptions(options: ExporterOptions = {}): FilledExporterOptions {
  const filled = resolveOptions<Required<ExporterOptions>>("snn", DEFAULT_EXPORTER_OPTIONS, options);
  const { backend, liveReading, growthFactor } = filled;
  checkInteger("snn", "neuralSamplingRate", filled.neuralSamplingRate, 1, 2 ** 31);
  checkOneOf("snn", "compression", filled.compression, ["gzip", "lzf", "zstd", "none"]);
  checkInteger("snn", "chunkBytes", filled.chunkBytes, 4096, 1 << 26);
  checkOneOf("snn", "durability", filled.durability, DURABILITIES);
  checkOneOf("snn", "backend", backend, BACKENDS);
  for (const name of ["validation", "liveReading", "asyncWrite", "git"] as const) {
    if (typeof filled[name] !== "boolean") refuse(name, filled[name], "true or false");
  }
  if (growthFactor !== 2 && growthFactor !== 1.5) refuse("growthFactor", growthFactor, "2 or 1.5");
  if (!(filled.timeStepMs > 0 && filled.timeStepMs < Number.POSITIVE_INFINITY)) {
    refuse("timeStepMs", filled.timeStepMs, "a number above 0");
  }
  // Parquet packs integers by their differences, and nothing further: no compression is what it does by default.
  const isPlain = backend === "parquet" && options.compression === undefined;
  const compression = isPlain ? "none" : filled.compression;
  checkBackend({ ...filled, compression });
  for (const name of Object.keys(filled.codecs)) {
    if (/^(neural_states|rewards|behavior\/.+)$/.test(name)) continue;
    refuse(`codecs.${name}`, name, '"neural_states", "rewards" or "behavior/NAME"');
  }
  if (filled.sink !== undefined && options.backend !== undefined)
    refuse("backend", backend, "none beside sink");
  const adaptiveSampling =
    filled.adaptiveSampling === undefined ? undefined : resolveAdaptiveSampling(filled.adaptiveSampling);
  if (adaptiveSampling !== undefined && options.neuralSamplingRate !== undefined) {
    refuse("neuralSamplingRate", options.neuralSamplingRate, "none beside adaptiveSampling");
  }
  return {
    ...filled,
    compression,
    adaptiveSampling,
    analytics: filled.analytics === undefined ? undefined : resolveAnalyticsOptions(filled.analytics),
    neuralSamplingRate: adaptiveSampling?.fastest ?? filled.neuralSamplingRate,
    compressionLevel: resolveLevel(compression, filled.compressionLevel),
    checkpointIntervalMs: resolveInterval(liveReading, filled.checkpointIntervalMs),
    fields: resolveFields(filled.fields),
  };
}

function resolveLevel(compression: string, given: number | undefined): number {
  const levels = LEVELS[compression];
  if (levels !== undefined)
    return checkInteger("snn", "compressionLevel", given ?? levels.usual, 1, levels.most);
  if (given === undefined) return 0;
  return refuse("compressionLevel", given, `none: compression "${compression}" has no levels`);
}

function resolveInterval(liveReading: boolean, given: number | undefined): number {
  const filled = given ?? (liveReading ? 1000 : 10_000);
  checkInteger("snn", "checkpointIntervalMs", filled, 0, 2 ** 31);
  if (liveReading && filled === 0) refuse("checkpointIntervalMs", 0, "1 or more with liveReading");
  return filled;
}

function refuse(name: string, value: unknown, expected: string): never {
  throw new InvalidArgumentError("SNN_OPTION_VALUE", `snn ${name}`, value, expected);
}
