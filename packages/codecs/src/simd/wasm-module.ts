import { type WasmCode, wasmModule } from "@millrace/base";

/** Parameters of every kernel, by the number of their local. */
export const PARAMETERS: Readonly<Record<"src" | "dst" | "blocks" | "previous" | "step", number>> =
  Object.freeze({ src: 0, dst: 1, blocks: 2, previous: 3, step: 4 });

/** The first local behind the parameters; these are vectors. */
export const FIRST_VECTOR = 5;

/**
 * A module with one function, `run(src, dst, blocks, previous, step) -> i32`, over the imported memory `env.memory`.
 * @param vectors - how many vector locals it has, from {@link FIRST_VECTOR} on
 * @param write - writes the body; it must leave one i32 on the stack
 */
export function kernelModule(vectors: number, write: (code: WasmCode) => void): Uint8Array<ArrayBuffer> {
  return wasmModule({ parameters: 5, hasResult: true, integers: 0, vectors, write });
}
