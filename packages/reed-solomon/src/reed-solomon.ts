import { checkOneOf, MillraceError, resolveOptions } from "@millrace/base";
import type { Arithmetic } from "./arithmetic.ts";
import { MATRIX_NAMES, type MatrixName } from "./code-matrix.ts";
import { checkShardCounts, type ErasureEngine } from "./engine.ts";
import { MatrixEngine } from "./matrix-engine.ts";
import { typeScriptArithmetic } from "./multiply.ts";
import { selfTest } from "./self-test.ts";
import { findWasm } from "./wasm/find-wasm.ts";

/** Which implementation works; "auto" is the first of the others that runs here. All make the same bytes. */
export type EngineName = "auto" | "wasm" | "typescript";

/** All of {@link EngineName}, the default first. */
export const ENGINE_NAMES: readonly EngineName[] = Object.freeze(["auto", "wasm", "typescript"] as const);

/** The shape of a code. */
export interface ReedSolomonOptions {
  /** Shards that hold the data, 1 or more. @default 4 */
  readonly dataShards?: number;
  /** Shards that may be lost, 1 or more; 256 with the data shards at the most. @default 2 */
  readonly parityShards?: number;
  /** Which parity bytes are made. @default "vandermonde" */
  readonly matrix?: MatrixName;
  /** Which implementation makes them. @default "auto" */
  readonly engine?: EngineName;
}

/** What {@link ReedSolomonOptions} are when they are not given. */
export const DEFAULT_REED_SOLOMON_OPTIONS: Required<ReedSolomonOptions> = Object.freeze({
  dataShards: 4,
  parityShards: 2,
  matrix: "vandermonde",
  engine: "auto",
});

/**
 * Makes the engine in WebAssembly where that has 128-bit vectors, else the one in plain TypeScript, which runs
 * everywhere; both work on this thread. The first call tests them against known bytes.
 * @throws InvalidArgumentError for an unknown option or one outside its range
 * @throws MillraceError `REED_SOLOMON_WASM_UNAVAILABLE` for `engine: "wasm"` where it does not run
 * @example
 * const engine = newReedSolomon({ dataShards: 4, parityShards: 2 });
 * const shards = engine.allocateShards(65536);
 * await engine.encode(shards);
 */
export function newReedSolomon(options?: ReedSolomonOptions): ErasureEngine {
  const { dataShards, parityShards, matrix, engine } = resolveOptions<Required<ReedSolomonOptions>>(
    "reed-solomon",
    DEFAULT_REED_SOLOMON_OPTIONS,
    options,
  );
  checkShardCounts(dataShards, parityShards);
  checkOneOf("reed-solomon", "matrix", matrix, MATRIX_NAMES);
  checkOneOf("reed-solomon", "engine", engine, ENGINE_NAMES);
  selfTest();
  return new MatrixEngine(arithmeticFor(engine), matrix, dataShards, parityShards);
}

function arithmeticFor(engine: EngineName): Arithmetic {
  if (engine === "typescript") return typeScriptArithmetic;
  const { arithmetic, problem } = findWasm();
  if (arithmetic !== undefined) return arithmetic;
  if (engine === "auto") return typeScriptArithmetic;
  throw new MillraceError(
    "REED_SOLOMON_WASM_UNAVAILABLE",
    'reed-solomon: WebAssembly with 128-bit vectors does not run here; use engine "auto" or "typescript"',
    { cause: problem },
  );
}
