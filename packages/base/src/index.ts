export { AssertionError, assert } from "./assert.ts";
export { crc32c } from "./crc32c.ts";
export {
  AbortedError,
  CapacityError,
  ClosedError,
  CorruptDataError,
  describeValue,
  type ErrorDetails,
  InvalidArgumentError,
  IoError,
  isMillraceError,
  MillraceError,
} from "./errors.ts";
export { checkInteger, checkOneOf, nearestName, resolveOptions } from "./options.ts";
export { type SeededRandom, seededRandom } from "./random.ts";
export { formatByteSize, formatDuration, parseByteSize, parseDuration } from "./units.ts";
export {
  MAX_VARINT_BYTES,
  readVarint,
  type VarintRead,
  varintLength,
  writeVarint,
  zigzagDecode32,
  zigzagEncode32,
} from "./varint.ts";
export { bitPlaces, type LoadedKernels, loadKernels, onceOrNever } from "./wasm/load-kernels.ts";
export { WasmCode } from "./wasm/wasm-code.ts";
export {
  INT,
  type IntInstruction,
  LONG,
  type LongInstruction,
  SIMD,
  type SimdInstruction,
} from "./wasm/wasm-instructions.ts";
export { type WasmFunction, wasmModule } from "./wasm/wasm-module.ts";
export { type WasmMemory, type WebAssemblyApi, webAssembly } from "./wasm/web-assembly.ts";
export { readI64, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "./words.ts";
