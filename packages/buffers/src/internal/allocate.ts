import { CapacityError } from "@millrace/base";
import { bytesPerElement, type ElementKind, newTypedArray, type TypedArrayOf } from "../element-kinds.ts";

/**
 * A new zeroed array; the engine's RangeError becomes a CapacityError.
 * @param heldBytes - what the caller has already: the error's `limitBytes`, for no engine tells its real limit
 */
export function allocate<K extends ElementKind>(
  what: string,
  kind: K,
  length: number,
  heldBytes: number,
): TypedArrayOf<K, ArrayBuffer> {
  try {
    return newTypedArray(kind, length);
  } catch (error) {
    throw asCapacityError(error, what, length * bytesPerElement(kind), heldBytes);
  }
}

/** A RangeError as CapacityError `BUFFERS_ALLOCATION_FAILED`; any other error as it is. */
export function asCapacityError(error: unknown, what: string, bytes: number, heldBytes: number): unknown {
  if (!(error instanceof RangeError)) return error;
  return new CapacityError(
    "BUFFERS_ALLOCATION_FAILED",
    `${what}: the engine has no memory for more`,
    bytes,
    heldBytes,
  );
}
