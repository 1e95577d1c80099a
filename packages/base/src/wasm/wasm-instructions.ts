/** Numbers of the WebAssembly instructions that kernels use, by names. */

/** The names in {@link SIMD}. */
export type SimdInstruction =
  | "load"
  | "store"
  | "const"
  | "shuffle"
  | "swizzle"
  | "splat8"
  | "splat16"
  | "splat32"
  | "extractLane32"
  | "anyTrue"
  | "allTrue8"
  | "equal8"
  | "pairSumsU8"
  | "pairSumsU16"
  | "mulLowU8"
  | "mulHighU8"
  | "bitmask8"
  | "bitmask32"
  | "neg8"
  | "narrow16"
  | "narrow32"
  | "and"
  | "or"
  | "xor"
  | "shrU16"
  | "add16"
  | "mul16"
  | "extendLowU8"
  | "extendLowU16"
  | "extendHighU16"
  | "shl32"
  | "shrU32"
  | "add32"
  | "sub32"
  | "mul32"
  | "shl64"
  | "addF32"
  | "subF32"
  | "mulF32"
  | "relaxedSwizzle";

/**
 * SIMD instructions that kernels use: the number behind the prefix 0xFD (WebAssembly 2.0, section 5.4.8; the relaxed
 * ones, from 0x100 on, WebAssembly 3.0).
 */
export const SIMD: Readonly<Record<SimdInstruction, number>> = Object.freeze({
  load: 0x00,
  store: 0x0b,
  const: 0x0c,
  shuffle: 0x0d,
  swizzle: 0x0e,
  splat8: 0x0f,
  splat16: 0x10,
  splat32: 0x11,
  extractLane32: 0x1b,
  anyTrue: 0x53,
  allTrue8: 0x63,
  equal8: 0x23,
  pairSumsU8: 0x7d,
  pairSumsU16: 0x7f,
  mulLowU8: 0x9e,
  mulHighU8: 0x9f,
  bitmask8: 0x64,
  bitmask32: 0xa4,
  neg8: 0x61,
  narrow16: 0x66,
  narrow32: 0x86,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  shrU16: 0x8d,
  add16: 0x8e,
  mul16: 0x95,
  extendLowU8: 0x89,
  extendLowU16: 0xa9,
  extendHighU16: 0xaa,
  shl32: 0xab,
  shrU32: 0xad,
  add32: 0xae,
  sub32: 0xb1,
  mul32: 0xb5,
  shl64: 0xcb,
  addF32: 0xe4,
  subF32: 0xe5,
  mulF32: 0xe6,
  relaxedSwizzle: 0x100,
});

/** The names in {@link INT}. */
export type IntInstruction =
  | "isZero"
  | "isEqual"
  | "isBelowS"
  | "isBelowU"
  | "isAboveS"
  | "clz"
  | "popcount"
  | "remU"
  | "mul"
  | "sub"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shrS"
  | "shrU";

/** Instructions on int32 that kernels use (WebAssembly 2.0, section 5.4.7); S takes them as signed, U as unsigned. */
export const INT: Readonly<Record<IntInstruction, number>> = Object.freeze({
  isZero: 0x45,
  isEqual: 0x46,
  isBelowS: 0x48,
  isBelowU: 0x49,
  isAboveS: 0x4a,
  clz: 0x67,
  popcount: 0x69,
  remU: 0x70,
  mul: 0x6c,
  sub: 0x6b,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shrS: 0x75,
  shrU: 0x76,
});

/** The names in {@link LONG}. */
export type LongInstruction = "fromI32U" | "isZero" | "add" | "mul" | "or" | "xor" | "shl" | "shrU" | "rotl";

/** Instructions on int64 that kernels use. */
export const LONG: Readonly<Record<LongInstruction, number>> = Object.freeze({
  fromI32U: 0xad,
  isZero: 0x50,
  add: 0x7c,
  mul: 0x7e,
  or: 0x84,
  xor: 0x85,
  shl: 0x86,
  shrU: 0x88,
  rotl: 0x89,
});
