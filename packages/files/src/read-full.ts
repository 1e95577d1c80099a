import { CorruptDataError } from "@millrace/base";
import type { VfsFile } from "./vfs.ts";

/**
 * Fills all of `into` from `position` on.
 * @throws CorruptDataError `FILES_FILE_SHORT` when the file ends before that
 */
export async function readFull(file: VfsFile, into: Uint8Array, position: number): Promise<void> {
  const count = await file.read(into, position);
  if (count < into.length) throw shortFile(file.path, position, count, into.length);
}

/** {@link readFull} at once, on this thread. */
export function readFullSync(file: VfsFile, into: Uint8Array, position: number): void {
  const count = file.readSync(into, position);
  if (count < into.length) throw shortFile(file.path, position, count, into.length);
}

/** For whoever reads `wanted` bytes and gets fewer. */
export function shortFile(path: string, position: number, count: number, wanted: number): CorruptDataError {
  const problem = `${wanted} bytes were expected from byte ${position} on, found ${count}; the file was cut short`;
  return new CorruptDataError("FILES_FILE_SHORT", path, position + count, problem);
}
