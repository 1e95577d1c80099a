import { loadKernels, onceOrNever } from "@millrace/base";
import { evt2Kernel } from "./evt2-kernel.ts";
import { evt3Kernel } from "./evt3-kernel.ts";
import { type DecodeKernel, type KernelMemory, kernelMemory, PAGES } from "./kernel-memory.ts";

/** The kernels, which run one at a time over one memory. */
export interface DecodeKernels {
  readonly evt2: DecodeKernel;
  readonly evt3: DecodeKernel;
  readonly memory: KernelMemory;
}

/** The kernels, compiled when a recording is first decoded; undefined where the engine has no WebAssembly with vectors. */
export const decodeKernels: () => DecodeKernels | undefined = onceOrNever(() => {
  const loaded = loadKernels(PAGES, [evt2Kernel(), evt3Kernel()]);
  if (loaded === undefined) return undefined;
  const [evt2, evt3] = loaded.runs;
  return { evt2: evt2!, evt3: evt3!, memory: kernelMemory(loaded.memory) };
});
