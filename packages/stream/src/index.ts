export { availableMemoryBytes, type MemoryReadings, processMemoryBudget } from "./available-memory.ts";
export * from "./browser.ts";
export { chooseMode, DEFAULT_MEMORY_THRESHOLD_BYTES, type ModeInputs } from "./choose-mode.ts";
export { DEFAULT_WORKER_POOL_OPTIONS, WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";
