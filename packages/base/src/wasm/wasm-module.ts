import { unsigned, WasmCode } from "./wasm-code.ts";

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
/** Pages of 64 KiB in 4 GiB. */
const MOST_PAGES = 65_536;

/** A function to write: its locals are numbered in this order, and so is what `write` calls them. */
export interface WasmFunction {
  /** Parameters, all int32. */
  readonly parameters: number;
  /** Whether it returns an int32, which `write` then leaves on the stack. */
  readonly hasResult: boolean;
  /** Further int32 locals. */
  readonly integers: number;
  /** Locals of 128 bits. */
  readonly vectors: number;
  /** Locals of int64, behind all others. @default 0 */
  readonly longs?: number;
  /** Whether the memory is shared between threads. @default false */
  readonly isShared?: boolean;
  /** Writes the body. */
  readonly write: (code: WasmCode) => void;
}

/**
 * The bytes of a module with one exported function, `run`, over the imported memory `env.memory`.
 *
 * Source: WebAssembly 2.0, section 5.5 (modules).
 */
export function wasmModule(wasmFunction: WasmFunction): Uint8Array<ArrayBuffer> {
  const { parameters, hasResult, integers, vectors, longs = 0, isShared = false, write } = wasmFunction;
  const code = new WasmCode();
  write(code);
  const locals = [3, ...unsigned(integers), I32, ...unsigned(vectors), V128, ...unsigned(longs), I64];
  const body = [...locals, ...code.bytes, 0x0b];
  const results = hasResult ? [1, I32] : [0];
  // From one page; a shared memory has a limit, here that of all memories.
  const limits = isShared ? [3, 1, ...unsigned(MOST_PAGES)] : [0, 1];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...unsigned(parameters), ...Array<number>(parameters).fill(I32), ...results]),
    ...section(2, [1, ...name("env"), ...name("memory"), 2, ...limits]),
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
