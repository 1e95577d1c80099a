import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import { decoding, decodingWithoutKernels } from "../../event-contenders.ts";
import type { Scene } from "../../event-files.ts";

const EVENTS = 100_000_000;

/** What the kernels of WebAssembly gain over the decoders in TypeScript; less than 1.3 would not be worth a second one. */
function kernel(format: string, scene: Scene): BenchmarkCase {
  return {
    unit: "events",
    amount: EVENTS,
    ours: decoding(format, EVENTS, scene, "kernel"),
    peers: [decodingWithoutKernels(format, EVENTS, scene)],
    reach: { ratio: 1.3 },
    isHeavy: true,
  };
}

export const cases: BenchmarkCases = {
  "evt2-bars": kernel("EVT2", "bars"),
  "evt2-noise": kernel("EVT2", "noise"),
  "evt3-bars": kernel("EVT3", "bars"),
  "evt3-noise": kernel("EVT3", "noise"),
};
