export * from "./browser.ts";
export { isRonomonInstalled, newRonomonEngine, type RonomonOptions } from "./ronomon.ts";
export {
  DEFAULT_THREADED_OPTIONS,
  newThreadedReedSolomon,
  type ThreadedEngine,
  type ThreadedOptions,
} from "./threads/threaded-engine.ts";
