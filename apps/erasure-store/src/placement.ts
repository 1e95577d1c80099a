import { InvalidArgumentError } from "@millrace/base";

/**
 * Refuses a store whose loss of one backend would lose objects: each backend holds `parityShards` shards of an
 * object at the most.
 * @throws InvalidArgumentError `STORE_BACKENDS_TOO_FEW`
 */
export function checkPlacement(backends: number, dataShards: number, parityShards: number): void {
  const total = dataShards + parityShards;
  const needed = Math.ceil(total / parityShards);
  if (backends >= needed) return;
  const most = backends === 0 ? total : Math.ceil(total / backends);
  throw new InvalidArgumentError(
    "STORE_BACKENDS_TOO_FEW",
    "number of backends",
    backends,
    `${needed} or more: with ${dataShards}+${parityShards} shards one backend would hold ${most} of an object, and losing more than ${parityShards} loses it`,
  );
}

/**
 * The backend of each shard of an object: one after the other, from one that the object's key decides, so that
 * objects spread and no backend gets more than its even share.
 * @param key - hexadecimal, of {@link objectKey}
 */
export function placeShards(key: string, backends: number, shards: number): number[] {
  const first = Number.parseInt(key.slice(0, 8), 16);
  return Array.from({ length: shards }, (_, i) => (first + i) % backends);
}
