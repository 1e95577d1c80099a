/** How an object's bytes lie in its shards. */
export interface StripeLayout {
  /** Bytes that are coded: the object, or what compression and encryption made of it. */
  readonly storedBytes: number;
  readonly dataShards: number;
  /** Bytes of a unit in every stripe but the last. */
  readonly unitBytes: number;
}

/** Longest unit; a configuration takes no longer one either. */
export const MAX_UNIT_BYTES: number = 16 * 1024 * 1024;
/** Most shards of an object: GF(2^8) has codes for no more. */
export const MAX_SHARDS = 256;
/** Bytes of the checksum in front of each unit. */
export const CHECKSUM_BYTES = 8;

/** How many stripes an object has; none when it is empty. */
export function stripeCount({ storedBytes, dataShards, unitBytes }: StripeLayout): number {
  return Math.ceil(storedBytes / (dataShards * unitBytes));
}

/**
 * Bytes of a unit in one stripe. In the last stripe the units are as short as its data lets them be, a multiple of 8
 * (which the native engine wants): a small object makes small shards.
 */
export function unitBytesOf(layout: StripeLayout, stripe: number): number {
  const { storedBytes, dataShards, unitBytes } = layout;
  const left = storedBytes - stripe * dataShards * unitBytes;
  return Math.min(unitBytes, Math.ceil(left / dataShards / 8) * 8);
}

/** Where a stripe's checksum begins, counted from the end of the shard's header. */
export function stripeOffset({ unitBytes }: StripeLayout, stripe: number): number {
  return stripe * (CHECKSUM_BYTES + unitBytes);
}

/** Bytes of all checksums and units of one shard. */
export function bodyBytes(layout: StripeLayout): number {
  const last = stripeCount(layout) - 1;
  if (last < 0) return 0;
  return stripeOffset(layout, last) + CHECKSUM_BYTES + unitBytesOf(layout, last);
}

/** Bytes of the checksums and units of `count` consecutive stripes of one shard. */
export function runBytes(layout: StripeLayout, firstStripe: number, count: number): number {
  const last = firstStripe + count - 1;
  return stripeOffset(layout, count - 1) + CHECKSUM_BYTES + unitBytesOf(layout, last);
}
