import { webAssembly } from "@millrace/base";
import type { Arithmetic } from "../arithmetic.ts";
import { testShapes } from "../self-test.ts";
import { findSwizzle, WasmArithmetic } from "./wasm-arithmetic.ts";

/** The arithmetic in WebAssembly, or why there is none. */
export interface WasmFinding {
  readonly arithmetic?: Arithmetic;
  readonly problem?: unknown;
}

let finding: WasmFinding | undefined;

/** Finds out, once, whether the kernels run here and make the right bytes. */
export function findWasm(): WasmFinding {
  finding ??= tryWasm();
  return finding;
}

/** True when `newReedSolomon` works in WebAssembly here. */
export function isWasmAvailable(): boolean {
  return findWasm().arithmetic !== undefined;
}

function tryWasm(): WasmFinding {
  const api = webAssembly();
  const swizzle = api === undefined ? undefined : findSwizzle(api);
  if (api === undefined || swizzle === undefined) return {};
  try {
    const arithmetic = new WasmArithmetic(api, swizzle);
    testShapes(arithmetic);
    return { arithmetic };
  } catch (problem) {
    // A content security policy without 'wasm-unsafe-eval', no memory, or wrong bytes: the TypeScript engine is there.
    return { problem };
  }
}
