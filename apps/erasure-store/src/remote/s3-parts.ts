/** The least that S3 takes as a part that is not the last. */
export const PART_BYTES: number = 5 * 1024 * 1024;
/** After so many parts they become twice as large, so that 10,000 of them, which is the limit, are enough for 5 TiB. */
const PARTS_OF_A_SIZE = 1000;
/** Parts that are on their way at a time, until the pace says how many the way holds, and at the most. */
export const FIRST_IN_FLIGHT = 2;
export const MOST_IN_FLIGHT = 3;

/** Bytes of a part that is not the last. @param index - counted from 0 */
export function bytesOfPart(index: number): number {
  return PART_BYTES * 2 ** Math.floor(index / PARTS_OF_A_SIZE);
}

/**
 * How many parts of a value may be on their way, when each of so many buckets has one that is filled, and these take
 * no more memory than that.
 */
export function mostPartsInFlight(memoryBytes: number, buckets: number): number {
  const parts = Math.floor(memoryBytes / (PART_BYTES * Math.max(1, buckets))) - 1;
  return Math.max(1, Math.min(MOST_IN_FLIGHT, parts));
}
