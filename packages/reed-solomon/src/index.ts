export { MATRIX_NAMES, type MatrixName } from "./code-matrix.ts";
export type { CodeFamily, ErasureEngine } from "./engine.ts";
export {
  DEFAULT_REED_SOLOMON_OPTIONS,
  newReedSolomon,
  type ReedSolomonOptions,
} from "./reed-solomon.ts";
export { isRonomonInstalled, newRonomonEngine, type RonomonOptions } from "./ronomon.ts";
export { selfTest } from "./self-test.ts";
