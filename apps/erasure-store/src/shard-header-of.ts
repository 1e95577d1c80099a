import { readSourceFull } from "@millrace/files";
import type { ShardBackend } from "./backend.ts";
import {
  corruptShard,
  decodeShardHeader,
  decodeShardTrailer,
  MAX_HEADER_BYTES,
  type ShardHeader,
  type ShardTrailer,
  TRAILER_BYTES,
} from "./shard-format.ts";

/**
 * What a shard says of itself, without a manifest.
 * @throws CorruptDataError `STORE_SHARD_CORRUPT`; IoError when it cannot be read
 */
export async function describeShard(
  backend: ShardBackend,
  shard: string,
): Promise<{ readonly header: ShardHeader; readonly trailer: ShardTrailer }> {
  await using source = await backend.open("shards", shard);
  const head = new Uint8Array(Math.min(source.size, MAX_HEADER_BYTES));
  await readSourceFull(source, head, 0);
  const { header, headerBytes, headerCrc } = decodeShardHeader(head, source.name);
  const trailerAt = source.size - TRAILER_BYTES;
  if (trailerAt < headerBytes) throw corruptShard(source.name, source.size, "it was cut short");
  const tail = new Uint8Array(TRAILER_BYTES);
  await readSourceFull(source, tail, trailerAt);
  return { header, trailer: decodeShardTrailer(tail, headerCrc, source.name, trailerAt) };
}
