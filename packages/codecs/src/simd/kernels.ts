import { MillraceError, type WasmMemory, webAssembly } from "@millrace/base";
import { deltaKernel } from "./delta-kernel.ts";
import { delta4Kernel } from "./delta4-kernel.ts";

/** Unpacks `blocks` blocks (at least one) between two addresses of the memory. */
export type Kernel = (src: number, dst: number, blocks: number, previous: number, step: number) => number;

/** Which kernels: deltas to the value before, or to the value 4 before. */
export type KernelKind = "delta" | "delta4";

/** Values that go through the memory at once: 64 KiB of output, which stays in the second cache with its input. */
export const CHUNK_VALUES: number = 1 << 14;

/** What all kernels share: memory of one chunk, as large as it ever gets. */
export interface KernelMemory {
  /** Where a chunk's input goes, and its address; readable 16 bytes beyond the longest one. */
  readonly input: Uint8Array;
  readonly inputAt: number;
  /** The values of a chunk, and their address. */
  readonly output: Int32Array;
  readonly outputAt: number;
  /** The four values before the output. */
  readonly before: Int32Array;
}

const PAGE_BYTES = 65_536;
const OUTPUT_AT = 64;
const INPUT_AT = OUTPUT_AT + 4 * CHUNK_VALUES;
const SLACK_BYTES = 16;
const MAKERS = { delta: deltaKernel, delta4: delta4Kernel };
const compiled: Record<KernelKind, (Kernel | undefined)[]> = { delta: [], delta4: [] };
let isAvailable: boolean | undefined;
let wasmMemory: WasmMemory | undefined;
let shared: KernelMemory | undefined;

/** Whether the engine runs WebAssembly with 128-bit vectors; found out once. */
export function isSimdAvailable(): boolean {
  isAvailable ??= webAssembly()?.validate(delta4Kernel(1)) ?? false;
  return isAvailable;
}

/**
 * The kernel for one width from 1 to 32; compiled when it is first asked for, in well under 4 KiB, the most that some
 * browsers compile on their main thread.
 * @throws MillraceError `CODECS_SIMD_UNAVAILABLE` without WebAssembly vectors
 */
export function kernelFor(kind: KernelKind, width: number): Kernel {
  const known = compiled[kind][width];
  if (known !== undefined) return known;
  const api = webAssembly();
  if (api === undefined || !isSimdAvailable())
    throw unavailable("the engine has no WebAssembly with 128-bit vectors");
  try {
    wasmMemory ??= new api.Memory({
      initial: Math.ceil((INPUT_AT + 4 * CHUNK_VALUES + SLACK_BYTES) / PAGE_BYTES),
    });
    const module = new api.Module(MAKERS[kind](width));
    const kernel = new api.Instance(module, { env: { memory: wasmMemory } }).exports.run as Kernel;
    compiled[kind][width] = kernel;
    return kernel;
  } catch (error) {
    // A content security policy without 'wasm-unsafe-eval' refuses here, or there is no memory left.
    throw unavailable("the engine refused to compile or to give memory", error);
  }
}

/** The memory of the kernels; ask for a kernel first. */
export function kernelMemory(): KernelMemory {
  if (shared !== undefined) return shared;
  const { buffer } = wasmMemory!;
  shared = {
    input: new Uint8Array(buffer, INPUT_AT),
    inputAt: INPUT_AT,
    output: new Int32Array(buffer, OUTPUT_AT, CHUNK_VALUES),
    outputAt: OUTPUT_AT,
    before: new Int32Array(buffer, OUTPUT_AT - 16, 4),
  };
  return shared;
}

function unavailable(problem: string, cause?: unknown): MillraceError {
  return new MillraceError(
    "CODECS_SIMD_UNAVAILABLE",
    `SIMD kernels: ${problem}; test isSimdAvailable() first and use unpackDeltas or unpackDeltas4`,
    { cause },
  );
}
