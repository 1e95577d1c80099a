export { isSimdAvailable } from "./simd/kernels.ts";
export { deltas4BitWidth, packDeltas4 } from "./simd/pack-deltas4.ts";
export { unpackDeltasSimd } from "./simd/unpack-deltas-simd.ts";
export { unpackDeltas4 } from "./simd/unpack-deltas4.ts";
export { unpackDeltas4Simd } from "./simd/unpack-deltas4-simd.ts";
