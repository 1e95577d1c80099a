import { unsigned, WasmCode } from "./wasm-code.ts";

const I32 = 0x7f;
const V128 = 0x7b;

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
  const code = new WasmCode();
  write(code);
  const body = [1, ...unsigned(vectors), V128, ...code.bytes, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 1, I32]),
    ...section(2, [1, ...name("env"), ...name("memory"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("run"), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}
