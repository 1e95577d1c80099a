export type { HttpPatience } from "@millrace/remote";
export { type BenchResult, benchStore } from "./bench.ts";
export type { Coding, Compression, Encryption } from "./coding.ts";
export {
  type BackendConfig,
  DEFAULT_STORE_CONFIG,
  type FilledConfig,
  type StoreConfig,
} from "./config.ts";
export { type InitResult, initStore } from "./config-file.ts";
export type { ConfigOverrides } from "./config-layers.ts";
export {
  DEFAULT_DURABILITY_MODEL,
  type DurabilityModel,
  type DurabilityResult,
  durabilityOf,
} from "./durability.ts";
export { durabilityPage } from "./durability-page.ts";
export { type FolderResult, getFolder, type PutFolderResult, putFolder } from "./folders.ts";
export type { ListedObject } from "./list.ts";
export type { ShardProblem } from "./open-shards.ts";
export {
  DEFAULT_PERFORMANCE,
  type FilledPerformance,
  type PerformanceConfig,
  type Size,
} from "./performance-config.ts";
export type { Trait } from "./probe.ts";
export type { FailedShard, PutOptions, PutResult } from "./put.ts";
export type { ByteRange, ObjectReading, ReadOptions } from "./read-object.ts";
export type { RebalanceResult } from "./rebalance.ts";
export type { RebuildResult } from "./rebuild-index.ts";
export type { RepairOptions, RepairResult } from "./repair.ts";
export type { KeyReference } from "./repository-key.ts";
export type { Orphan, ScrubOptions, ScrubResult } from "./scrub.ts";
export { type ServedStore, type ServeOptions, serveStore } from "./serve.ts";
export { type SimulationResult, simulateDurability } from "./simulate.ts";
export type { ObjectStatus } from "./stat.ts";
export {
  type OperationReport,
  reportStages,
  reportStats,
  type StageReport,
  type StatsReport,
} from "./stats.ts";
export {
  DEFAULT_STORE_OPTIONS,
  ErasureStore,
  type GetResult,
  openStore,
  type StoreOptions,
} from "./store.ts";
export type { WorkOptions } from "./store-context.ts";
export type { StoreMetrics } from "./store-metrics.ts";
export type { VerifyProblem, VerifyResult } from "./verify.ts";
