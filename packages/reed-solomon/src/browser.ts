// Everything that needs nothing of Node; index.ts adds the native engine.
export { MATRIX_NAMES, type MatrixName } from "./code-matrix.ts";
export type { CodeFamily, ErasureEngine } from "./engine.ts";
export {
  DEFAULT_REED_SOLOMON_OPTIONS,
  ENGINE_NAMES,
  type EngineName,
  newReedSolomon,
  type ReedSolomonOptions,
} from "./reed-solomon.ts";
export { selfTest } from "./self-test.ts";
export type { Stripes } from "./stripes.ts";
export { isWasmAvailable } from "./wasm/find-wasm.ts";
