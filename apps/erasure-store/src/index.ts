export { DEFAULT_STORE_CONFIG, initStore, type StoreConfig } from "./config.ts";
export type { ListedObject } from "./list.ts";
export type { ShardProblem } from "./open-shards.ts";
export type { FailedShard, PutOptions, PutResult } from "./put.ts";
export type { ReadOptions } from "./read-object.ts";
export { DEFAULT_STORE_OPTIONS, ErasureStore, type GetResult, type StoreOptions } from "./store.ts";
export type { WorkOptions } from "./store-context.ts";
export type { VerifyProblem, VerifyResult } from "./verify.ts";
