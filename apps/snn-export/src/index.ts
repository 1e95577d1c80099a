export { type AnalyticsOptions, DEFAULT_ANALYTICS_OPTIONS } from "./analytics/options.ts";
export type { AnalyticsSnapshot, FieldStatistics, SynapseChange } from "./analytics/snapshot.ts";
export type { Backend } from "./backend.ts";
export {
  type ConvertOptions,
  type ConvertResult,
  convertExperiment,
  DEFAULT_CONVERT_OPTIONS,
} from "./convert/convert.ts";
export { CONVERT_FORMATS, type ConvertFormat } from "./convert/formats.ts";
export {
  type EpisodeContents,
  EpisodeData,
  type LoggedEvent,
  type StaticData,
} from "./episode-data.ts";
export { DataExporter } from "./exporter.ts";
export { FIELD_KINDS, type FieldKind, type FieldOptions, type FieldsOptions } from "./fields.ts";
export { type EpisodeStatus, FORMAT_NAME, FORMAT_VERSION } from "./format.ts";
export {
  DEFAULT_IMPORT_OPTIONS,
  type ImportOptions,
  type ImportResult,
  importSpikes,
} from "./import/import-spikes.ts";
export {
  DEFAULT_LIF_NETWORK_OPTIONS,
  type LifNetwork,
  type LifNetworkOptions,
  newLifNetwork,
} from "./lif-network.ts";
export type { EpisodeAnalytics } from "./loader/read-analytics.ts";
export type { LoadedCheckpoint } from "./loader/read-checkpoint.ts";
export type { EpisodeInfo, EpisodeSummary } from "./loader/read-episodes.ts";
export type { AttributeValues, Provenance } from "./loader/read-provenance.ts";
export type {
  IndexArray,
  TreeAttributes,
  TreeColumn,
  TreeGroup,
  TreeNode,
  TreeText,
  TreeValue,
} from "./loader/run-tree.ts";
export type { SeriesData } from "./loader/series-reader.ts";
export type { SpikeData, SpikeEvents } from "./loader/spike-reader.ts";
export type { WeightChangeData } from "./loader/weight-reader.ts";
export {
  DEFAULT_LOADER_OPTIONS,
  ExperimentLoader,
  type LoaderOptions,
  type QuickExperiment,
  quickLoad,
} from "./loader.ts";
export type { BlockSpikes, BlockValues, LogBlock, SparseValues, StaticEpisodeData } from "./log-block.ts";
export type { EpisodeEnd, LogEntry, WeightChange } from "./log-entry.ts";
export { type MigrateOptions, type MigrateResult, migrate } from "./migrate/migrate.ts";
export {
  type ConnectionTable,
  type CsrMatrix,
  connectionsOf,
  type NetworkStructure,
  type NeuronTable,
} from "./network-structure.ts";
export { DEFAULT_EXPORTER_OPTIONS, type ExporterOptions } from "./options.ts";
export {
  DEFAULT_PLOT_OPTIONS,
  PLOT_KINDS,
  type PlotKind,
  type PlotOptions,
  type PlotResult,
  plotExperiment,
} from "./plot/plot-run.ts";
export type { CodedValues, ColumnCodec } from "./plugins/codec.ts";
export { deltaCodec } from "./plugins/delta-codec.ts";
export type { SinkFactory, SinkRequest } from "./plugins/sink-factory.ts";
export type { Transformer } from "./plugins/transformer.ts";
export type { Validator } from "./plugins/validator.ts";
export {
  type RecoveredEpisode,
  type RecoverOptions,
  type RecoverResult,
  recover,
} from "./recover.ts";
export type { CheckpointData } from "./saved-checkpoint.ts";
export type { SchemaField } from "./schema.ts";
export { type SimulationOptions, type SimulationResult, simulate } from "./simulate.ts";
export type { RunSink, SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "./sinks/run-sink.ts";
export type { AdaptiveSamplingOptions } from "./state-sampler.ts";
export type { Finding } from "./validate/findings.ts";
export { type ValidateOptions, type ValidationReport, validate } from "./validate.ts";
