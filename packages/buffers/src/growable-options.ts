import { CapacityError, checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { ElementKind, TypedArrayOf } from "./element-kinds.ts";

/** How a growable buffer or record columns grow. */
export interface GrowableOptions {
  /** Elements (rows) there is room for at the start; `maxCapacity` where that is less. @default 1024 */
  readonly initialCapacity?: number;
  /** The capacity is multiplied by this when it is exhausted: 2, or 1.5 to waste less. @default 2 */
  readonly growthFactor?: 1.5 | 2;
  /** Elements (rows) that there may ever be; more is a CapacityError. @default Infinity */
  readonly maxCapacity?: number;
}

/** What {@link GrowableOptions} are when they are not given. */
export const DEFAULT_GROWABLE_OPTIONS: Required<GrowableOptions> = Object.freeze({
  initialCapacity: 1024,
  growthFactor: 2,
  maxCapacity: Number.POSITIVE_INFINITY,
});

/** A buffer of one element kind that grows as elements are appended. */
export interface Growable<K extends ElementKind> {
  readonly kind: K;
  /** Elements appended so far. */
  readonly length: number;
  /** Elements there is room for without growing. */
  readonly capacity: number;
  /** Makes room for `count` more elements, so that appending these does not grow. */
  reserve(count: number): void;
  /** Appends one number; for 64-bit kinds an integer within ±(2^53 - 1). */
  push(value: number): void;
  /** Appends `source[start, end)`, which may be a view of this very buffer. */
  pushMany(source: TypedArrayOf<K>, start?: number, end?: number): void;
  /** The elements [start, end) without a copy; valid until the next growth, `take` or `clear`. */
  view(start?: number, end?: number): TypedArrayOf<K, ArrayBuffer>;
  /** The elements as an array of their own; the buffer is empty then and can be used again. */
  take(): TypedArrayOf<K, ArrayBuffer>;
  /** Empties the buffer and keeps its capacity. */
  clear(): void;
}

/**
 * Fills up and checks the options of whatever grows.
 * @throws InvalidArgumentError for an unknown key or a value out of its range
 */
export function resolveGrowableOptions(given: GrowableOptions | undefined): Required<GrowableOptions> {
  const options = resolveOptions<Required<GrowableOptions>>("buffers", DEFAULT_GROWABLE_OPTIONS, given);
  checkInteger("buffers", "initialCapacity", options.initialCapacity, 0, Number.MAX_SAFE_INTEGER);
  if (options.growthFactor !== 2 && options.growthFactor !== 1.5) {
    throw new InvalidArgumentError(
      "BUFFERS_OPTION_VALUE",
      "buffers growthFactor",
      options.growthFactor,
      "2 or 1.5",
    );
  }
  if (options.maxCapacity !== Number.POSITIVE_INFINITY) {
    checkInteger("buffers", "maxCapacity", options.maxCapacity, 0, Number.MAX_SAFE_INTEGER);
  }
  return { ...options, initialCapacity: Math.min(options.initialCapacity, options.maxCapacity) };
}

/**
 * The capacity to grow to so that `required` elements fit.
 * @throws CapacityError when that is above `maxCapacity`
 */
export function grownCapacity(
  what: string,
  capacity: number,
  required: number,
  elementBytes: number,
  options: Required<GrowableOptions>,
): number {
  if (required > options.maxCapacity) {
    throw new CapacityError(
      "BUFFERS_CAPACITY_EXCEEDED",
      what,
      required * elementBytes,
      options.maxCapacity * elementBytes,
    );
  }
  const grown = Math.max(required, options.initialCapacity, Math.floor(capacity * options.growthFactor));
  return Math.min(grown, options.maxCapacity);
}

/**
 * Checks the argument of `reserve`.
 * @throws InvalidArgumentError when it is not a whole number from 0 on
 */
export function checkCount(what: string, count: number): void {
  checkInteger("buffers", `${what} count`, count, 0, Number.MAX_SAFE_INTEGER);
}
