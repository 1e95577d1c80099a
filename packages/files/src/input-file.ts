import { fileError } from "./file-errors.ts";
import type { Vfs } from "./vfs.ts";

/** What {@link inspectInputFile} found: enough to tell the format. */
export interface InputFile {
  readonly path: string;
  /** Size in bytes, at least 1. */
  readonly size: number;
  /** The first bytes, at most 4096. */
  readonly head: Uint8Array;
}

const HEAD_BYTES = 4096;
const LFS_POINTER_START = "version https://git-lfs.github.com/spec/";

/**
 * Looks at a file that a user named as input, before anything takes it for what it should be.
 *
 * @throws IoError `FILES_NOT_FOUND`, `FILES_IS_DIRECTORY`, `FILES_NOT_FILE`, `FILES_EMPTY`, or `FILES_LFS_POINTER` for the text that
 *   a clone without Git LFS leaves in place of a large file
 */
export async function inspectInputFile(vfs: Vfs, path: string): Promise<InputFile> {
  const { kind, size } = await vfs.stat(path);
  if (kind === "directory") throw fileError("FILES_IS_DIRECTORY", path, "open");
  // A pipe or a device has no size and cannot be read twice: whoever opens it finds out what it holds.
  if (kind === "other") throw fileError("FILES_NOT_FILE", path, "open");
  if (size === 0) throw fileError("FILES_EMPTY", path, "read");
  await using file = await vfs.open(path, "r");
  const head = new Uint8Array(Math.min(size, HEAD_BYTES));
  const count = await file.read(head, 0);
  const start = String.fromCharCode(...head.subarray(0, LFS_POINTER_START.length));
  if (start === LFS_POINTER_START) throw fileError("FILES_LFS_POINTER", path, "read");
  return { path, size, head: head.subarray(0, count) };
}
