/** The key of an object's manifest. @param key - of `objectKey` */
export function manifestKey(key: string): string {
  return `${key}.json`;
}

/** The key of one shard; the upload is part of it, so that shards with equal bytes are still files of their own. */
export function shardKey(key: string, uploadId: string, shardIndex: number): string {
  return `${key}.${uploadId}.${shardIndex}`;
}
