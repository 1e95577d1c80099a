export {
  type EpisodeContents,
  EpisodeData,
  type LoggedEvent,
  type SeriesData,
  type SpikeData,
  type WeightChangeData,
} from "./episode-data.ts";
export { DataExporter } from "./exporter.ts";
export { FIELD_KINDS, type FieldKind, type FieldOptions, type FieldsOptions } from "./fields.ts";
export { type EpisodeStatus, FORMAT_NAME, FORMAT_VERSION } from "./format.ts";
export type { AttributeValue } from "./hdf5-read.ts";
export {
  DEFAULT_LIF_NETWORK_OPTIONS,
  type LifNetwork,
  type LifNetworkOptions,
  newLifNetwork,
} from "./lif-network.ts";
export { type EpisodeInfo, ExperimentLoader, type QuickExperiment, quickLoad } from "./loader.ts";
export type { BlockSpikes, BlockValues, LogBlock, SparseValues, StaticEpisodeData } from "./log-block.ts";
export type { EpisodeEnd, LogEntry, WeightChange } from "./log-entry.ts";
export {
  type ConnectionTable,
  type CsrMatrix,
  connectionsOf,
  type NetworkStructure,
  type NeuronTable,
} from "./network-structure.ts";
export { DEFAULT_EXPORTER_OPTIONS, type ExporterOptions } from "./options.ts";
export type { CheckpointData } from "./saved-checkpoint.ts";
export { type SimulationOptions, type SimulationResult, simulate } from "./simulate.ts";
export { StandardDataExporter } from "./standard-exporter.ts";
export type { AdaptiveSamplingOptions } from "./state-sampler.ts";
