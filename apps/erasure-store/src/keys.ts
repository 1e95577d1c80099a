/** The key of an object's manifest. @param key - of `objectKey` */
export function manifestKey(key: string): string {
  return `${key}.json`;
}

/** A new upload id: 16 random bytes in hexadecimal. */
export function newUploadId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
}

/** The key of one shard; the upload is part of it, so that shards with equal bytes are still files of their own. */
export function shardKey(key: string, uploadId: string, shardIndex: number): string {
  return `${key}.${uploadId}.${shardIndex}`;
}

/** What a shard's key says; undefined for a file that is none of ours. */
export function parseShardKey(
  shard: string,
): { readonly key: string; readonly uploadId: string; readonly shardIndex: number } | undefined {
  const [, key, uploadId, number] = /^([0-9a-f]{64})\.([0-9a-f]{32})\.(\d{1,3})$/.exec(shard) ?? [];
  if (key === undefined || uploadId === undefined) return undefined;
  return { key, uploadId, shardIndex: Number(number) };
}
