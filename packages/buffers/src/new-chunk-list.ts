import { InvalidArgumentError } from "@millrace/base";
import type { BufferPool } from "./buffer-pool.ts";
import { ChunkListFloat32 } from "./chunk-list/float32.ts";
import { ChunkListFloat64 } from "./chunk-list/float64.ts";
import { ChunkListInt8 } from "./chunk-list/int8.ts";
import { ChunkListInt16 } from "./chunk-list/int16.ts";
import { ChunkListInt32 } from "./chunk-list/int32.ts";
import { ChunkListInt64 } from "./chunk-list/int64.ts";
import { ChunkListUint8 } from "./chunk-list/uint8.ts";
import { ChunkListUint16 } from "./chunk-list/uint16.ts";
import { ChunkListUint32 } from "./chunk-list/uint32.ts";
import { ChunkListUint64 } from "./chunk-list/uint64.ts";
import { ELEMENT_KINDS, type ElementKind } from "./element-kinds.ts";

interface ChunkListClasses {
  readonly uint8: ChunkListUint8;
  readonly int8: ChunkListInt8;
  readonly uint16: ChunkListUint16;
  readonly int16: ChunkListInt16;
  readonly uint32: ChunkListUint32;
  readonly int32: ChunkListInt32;
  readonly float32: ChunkListFloat32;
  readonly float64: ChunkListFloat64;
  readonly int64: ChunkListInt64;
  readonly uint64: ChunkListUint64;
}

/** The chunk list class of kind `K`: `ChunkListOf<"uint8">` is ChunkListUint8. */
export type ChunkListOf<K extends ElementKind> = ChunkListClasses[K];

const CLASSES: { readonly [K in ElementKind]: new (pool?: BufferPool) => ChunkListOf<K> } = {
  uint8: ChunkListUint8,
  int8: ChunkListInt8,
  uint16: ChunkListUint16,
  int16: ChunkListInt16,
  uint32: ChunkListUint32,
  int32: ChunkListInt32,
  float32: ChunkListFloat32,
  float64: ChunkListFloat64,
  int64: ChunkListInt64,
  uint64: ChunkListUint64,
};

/**
 * A chunk list of the given element kind, for code that learns the kind at run time.
 * @param pool - where chunks come from and go back to; by default one of this list alone
 * @throws InvalidArgumentError for an unknown kind
 * @example
 * newChunkList("float64").push(0.5);
 */
export function newChunkList<K extends ElementKind>(kind: K, pool?: BufferPool): ChunkListOf<K> {
  if (Object.hasOwn(CLASSES, kind)) return new CLASSES[kind](pool);
  throw new InvalidArgumentError("BUFFERS_KIND_UNKNOWN", "kind", kind, `one of ${ELEMENT_KINDS.join(", ")}`);
}
