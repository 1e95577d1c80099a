import { checkInteger, InvalidArgumentError } from "@millrace/base";

/**
 * Which bytes of each shard a call works on: `count` units of `unitBytes`, the first at `start`, each `stride` bytes
 * behind the one before. Between them may lie what is not coded, such as checksums.
 */
export interface Stripes {
  /** Where the first unit begins in each shard. */
  readonly start: number;
  /** Bytes of a unit, a multiple of the engine's `alignmentBytes`. */
  readonly unitBytes: number;
  /** Bytes from one unit's start to the next one's; at least `unitBytes`. */
  readonly stride: number;
  /** How many units of each shard. */
  readonly count: number;
}

/** The whole of shards of `length` bytes, in one unit. */
export function wholeShards(length: number): Stripes {
  return { start: 0, unitBytes: length, stride: length, count: 1 };
}

/**
 * Checks that stripes lie inside of shards.
 * @returns them, or the whole shards where there are none
 * @throws InvalidArgumentError when they reach beyond the shards or into each other
 */
export function checkStripes(stripes: Stripes | undefined, length: number, alignmentBytes: number): Stripes {
  if (stripes === undefined) return wholeShards(length);
  const { start, unitBytes, stride, count } = stripes;
  checkInteger("reed-solomon", "start", start, 0, length);
  checkInteger("reed-solomon", "unitBytes", unitBytes, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("reed-solomon", "count", count, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("reed-solomon", "stride", stride, unitBytes, Number.MAX_SAFE_INTEGER);
  if (unitBytes % alignmentBytes !== 0) {
    const expected = `a multiple of ${alignmentBytes}`;
    throw new InvalidArgumentError("REED_SOLOMON_STRIPES_RANGE", "unitBytes", unitBytes, expected);
  }
  const end = count === 0 ? start : start + (count - 1) * stride + unitBytes;
  if (end > length) {
    const expected = `within the ${length} bytes of a shard`;
    throw new InvalidArgumentError("REED_SOLOMON_STRIPES_RANGE", "the end of the stripes", end, expected);
  }
  return stripes;
}
