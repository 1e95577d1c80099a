import { IoError } from "@millrace/base";
import { temporaryName } from "./atomic-file.ts";
import { fileError } from "./file-errors.ts";
import { joinPath, parentPath } from "./paths.ts";
import type { Vfs } from "./vfs.ts";

/**
 * Makes a file or a directory that appears under its name whole or not at all, by code that wants a path to write to.
 *
 * A file at `path` is replaced by a file; a directory is never replaced, nor a file by a directory. What `make` wrote
 * must be durable when it resolves; the name is durable when this does.
 *
 * @param make - writes to the path that it is given, which is beside `path`
 * @throws IoError `FILES_EXISTS`, or what `make` throws, with `path` in place of the temporary one; nothing is left then
 * @example
 * await atomicPath(diskVfs, "copy.h5", (temporary) => writeCopy(temporary));
 */
export async function atomicPath<T>(
  vfs: Vfs,
  path: string,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  const before = (await vfs.exists(path)) ? (await vfs.stat(path)).kind : undefined;
  if (before === "directory") throw fileError("FILES_EXISTS", path, "open");
  const temporary = joinPath(parentPath(path), temporaryName(path));
  try {
    const made = await make(temporary);
    const { kind } = await vfs.stat(temporary);
    if (before !== undefined && kind === "directory") throw fileError("FILES_EXISTS", path, "mkdir");
    await vfs.rename(temporary, path);
    await vfs.syncDirectory(parentPath(path));
    return made;
  } catch (error) {
    // A second error of the clean-up would only hide the first.
    await vfs.remove(temporary, { recursive: true }).catch(() => {});
    throw renamed(error, temporary, path);
  }
}

/** An error of the temporary path as one of the target, which is the name that the caller knows. */
function renamed(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof IoError) || !error.path.startsWith(temporary)) return error;
  const shown = path + error.path.slice(temporary.length);
  const problem = error.message.slice(error.path.length + 2).replaceAll(temporary, path);
  return new IoError(error.code, shown, error.syscall, problem, { cause: error });
}
