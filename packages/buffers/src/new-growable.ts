import { InvalidArgumentError } from "@millrace/base";
import { ELEMENT_KINDS, type ElementKind } from "./element-kinds.ts";
import { GrowableFloat32 } from "./growable/float32.ts";
import { GrowableFloat64 } from "./growable/float64.ts";
import { GrowableInt8 } from "./growable/int8.ts";
import { GrowableInt16 } from "./growable/int16.ts";
import { GrowableInt32 } from "./growable/int32.ts";
import { GrowableInt64 } from "./growable/int64.ts";
import { GrowableUint8 } from "./growable/uint8.ts";
import { GrowableUint16 } from "./growable/uint16.ts";
import { GrowableUint32 } from "./growable/uint32.ts";
import { GrowableUint64 } from "./growable/uint64.ts";
import type { GrowableOptions } from "./growable-options.ts";

interface GrowableClasses {
  readonly uint8: GrowableUint8;
  readonly int8: GrowableInt8;
  readonly uint16: GrowableUint16;
  readonly int16: GrowableInt16;
  readonly uint32: GrowableUint32;
  readonly int32: GrowableInt32;
  readonly float32: GrowableFloat32;
  readonly float64: GrowableFloat64;
  readonly int64: GrowableInt64;
  readonly uint64: GrowableUint64;
}

/** The growable buffer class of kind `K`: `GrowableOf<"uint8">` is GrowableUint8. */
export type GrowableOf<K extends ElementKind> = GrowableClasses[K];

const CLASSES: { readonly [K in ElementKind]: new (options?: GrowableOptions) => GrowableOf<K> } = {
  uint8: GrowableUint8,
  int8: GrowableInt8,
  uint16: GrowableUint16,
  int16: GrowableInt16,
  uint32: GrowableUint32,
  int32: GrowableInt32,
  float32: GrowableFloat32,
  float64: GrowableFloat64,
  int64: GrowableInt64,
  uint64: GrowableUint64,
};

/**
 * A growable buffer of the given element kind, for code that learns the kind at run time.
 * @throws InvalidArgumentError for an unknown kind or option
 * @throws CapacityError when the engine has no memory for the initial capacity
 * @example
 * newGrowable("uint16", { initialCapacity: 16 }).push(7);
 */
export function newGrowable<K extends ElementKind>(kind: K, options?: GrowableOptions): GrowableOf<K> {
  if (Object.hasOwn(CLASSES, kind)) return new CLASSES[kind](options);
  throw new InvalidArgumentError("BUFFERS_KIND_UNKNOWN", "kind", kind, `one of ${ELEMENT_KINDS.join(", ")}`);
}
