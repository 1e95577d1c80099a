import { type WasmMemory, webAssembly } from "./web-assembly.ts";

/** Kernels that were compiled, and the memory that they share. */
export interface LoadedKernels {
  readonly memory: WasmMemory;
  /** The exported function of each module, in their order. */
  readonly runs: readonly ((...parameters: number[]) => number)[];
}

/**
 * Compiles modules of `wasmModule` over one memory of so many pages of 64 KiB.
 * @returns undefined where the engine has no WebAssembly with vectors, a policy forbids to compile, or there is no memory:
 *   whoever asks has another way to do the same
 */
export function loadKernels(pages: number, modules: readonly Uint8Array[]): LoadedKernels | undefined {
  const api = webAssembly();
  try {
    if (api === undefined || !modules.every((bytes) => api.validate(bytes))) return undefined;
    const memory = new api.Memory({ initial: pages });
    const runs = modules.map((bytes) => {
      const { exports } = new api.Instance(new api.Module(bytes), { env: { memory } });
      return exports.run as (...parameters: number[]) => number;
    });
    return { memory, runs };
  } catch {
    return undefined;
  }
}

/** Makes something once, when it is first asked for; undefined where it cannot be made, which is tried once too. */
export function onceOrNever<T extends object>(make: () => T | undefined): () => T | undefined {
  let made: T | "never" | undefined;
  return () => {
    made ??= make() ?? "never";
    return made === "never" ? undefined : made;
  };
}

/** For each byte the places of its bits that are set, ascending, in eight bytes: what kernels look masks up in. */
export function bitPlaces(): Uint8Array {
  const places = new Uint8Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let count = 0;
    for (let bit = 0; bit < 8; bit++) if (((byte >>> bit) & 1) === 1) places[8 * byte + count++] = bit;
  }
  return places;
}
