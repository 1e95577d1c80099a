export {
  BufferPool,
  type BufferPoolOptions,
  type BufferPoolStats,
  DEFAULT_BUFFER_POOL_OPTIONS,
  sizeClassOf,
} from "./buffer-pool.ts";
export { checkRange } from "./check-range.ts";
export { ChunkListFloat32 } from "./chunk-list/float32.ts";
export { ChunkListFloat64 } from "./chunk-list/float64.ts";
export { ChunkListInt8 } from "./chunk-list/int8.ts";
export { ChunkListInt16 } from "./chunk-list/int16.ts";
export { ChunkListInt32 } from "./chunk-list/int32.ts";
export { ChunkListInt64 } from "./chunk-list/int64.ts";
export { ChunkListUint8 } from "./chunk-list/uint8.ts";
export { ChunkListUint16 } from "./chunk-list/uint16.ts";
export { ChunkListUint32 } from "./chunk-list/uint32.ts";
export { ChunkListUint64 } from "./chunk-list/uint64.ts";
export { type ChunkList, ELEMENTS_PER_CHUNK } from "./chunk-list-options.ts";
export {
  bytesPerElement,
  ELEMENT_KINDS,
  type ElementKind,
  kindOf,
  newTypedArray,
  type TypedArray,
  type TypedArrayOf,
  viewAs,
  type WideKind,
  wordsOf,
} from "./element-kinds.ts";
export {
  DEFAULT_FRAME_POOL_OPTIONS,
  FramePool,
  type FramePoolOptions,
  type FramePoolStats,
} from "./frame-pool.ts";
export { GrowableFloat32 } from "./growable/float32.ts";
export { GrowableFloat64 } from "./growable/float64.ts";
export { GrowableInt8 } from "./growable/int8.ts";
export { GrowableInt16 } from "./growable/int16.ts";
export { GrowableInt32 } from "./growable/int32.ts";
export { GrowableInt64 } from "./growable/int64.ts";
export { GrowableUint8 } from "./growable/uint8.ts";
export { GrowableUint16 } from "./growable/uint16.ts";
export { GrowableUint32 } from "./growable/uint32.ts";
export { GrowableUint64 } from "./growable/uint64.ts";
export { DEFAULT_GROWABLE_OPTIONS, type Growable, type GrowableOptions } from "./growable-options.ts";
export { type ChunkListOf, newChunkList } from "./new-chunk-list.ts";
export { type GrowableOf, newGrowable } from "./new-growable.ts";
export { type ColumnArrays, RecordColumns, type RecordSchema } from "./record-columns.ts";
