export { Bitmap } from "./bitmap.ts";
export { bitWidthOf, packBits, packedByteLength, unpackBits } from "./bitpack.ts";
export { unshuffleBits } from "./bitshuffle.ts";
export { BloomFilter, type BloomFilterOptions, DEFAULT_BLOOM_FILTER_OPTIONS } from "./bloom.ts";
export { type CsrData, csrToRows, eventsToCsr, validateCsr, weightedEventsToCsr } from "./csr.ts";
export { deltaDecode, deltaEncode, prefixSumInPlace, type Words32 } from "./delta.ts";
export {
  type DeltaBitpackBlock,
  decodeDeltaBitpack,
  deltaBitpackBound,
  encodeDeltaBitpack,
  readDeltaBitpackHeader,
} from "./delta-bitpack.ts";
export { flagsToCsr, listFlags } from "./flags.ts";
export {
  decodeInts,
  type EncodedInts,
  encodedIntsBound,
  encodeInts,
  readIntsHeader,
} from "./int-container.ts";
export {
  chooseIntEncoding,
  DEFAULT_INT_ENCODING_OPTIONS,
  type IntEncoding,
  type IntEncodingChoice,
  type IntEncodingOptions,
} from "./int-encoding.ts";
export {
  countRuns,
  countStepRuns,
  decodeRuns,
  decodeStepRuns,
  encodeRuns,
  encodeStepRuns,
  expandedLength,
  type IntegerArray,
} from "./rle.ts";
export { shuffleBytes, unshuffleBytes } from "./shuffle.ts";
export { unpackDeltas } from "./unpack-deltas.ts";
export { zigzagDecode, zigzagEncode } from "./zigzag.ts";
