import { CapacityError } from "@millrace/base";
import { type ByteSource, readSourceFull } from "@millrace/files";

/** The largest recording that is read into memory, where its format leaves no other way. */
export const MEMORY_LIMIT_BYTES: number = 1024 * 1024 * 1024;

/**
 * All bytes of a source.
 * @param code - of the error for a source of more than {@link MEMORY_LIMIT_BYTES}
 * @throws CapacityError, CorruptDataError `FILES_FILE_SHORT` when it has become shorter
 */
export async function readWhole(source: ByteSource, code: string): Promise<Uint8Array> {
  if (source.size > MEMORY_LIMIT_BYTES) {
    throw new CapacityError(code, `${source.name} in memory`, source.size, MEMORY_LIMIT_BYTES);
  }
  const bytes = new Uint8Array(source.size);
  await readSourceFull(source, bytes, 0);
  return bytes;
}

/** The first bytes of a source, `limit` at the most. */
export async function readBeginning(source: ByteSource, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(limit, source.size));
  return bytes.subarray(0, await source.read(bytes, 0));
}
