import { IoError } from "@millrace/base";

/** The codes of this package's IoErrors; the README has the cure of each. */
export type FileErrorCode =
  | "FILES_NOT_FOUND"
  | "FILES_IS_DIRECTORY"
  | "FILES_NOT_DIRECTORY"
  | "FILES_NOT_FILE"
  | "FILES_NOT_EMPTY"
  | "FILES_EXISTS"
  | "FILES_NO_SPACE"
  | "FILES_NO_PERMISSION"
  | "FILES_LOCKED"
  | "FILES_NO_FILE_SYSTEM"
  | "FILES_EMPTY"
  | "FILES_LFS_POINTER"
  | "FILES_IO_FAILED";

const PROBLEMS: Readonly<Record<FileErrorCode, string>> = {
  FILES_NOT_FOUND: "there is no such file or directory; check the path",
  FILES_IS_DIRECTORY: "this is a directory, a file was expected; name a file in it",
  FILES_NOT_DIRECTORY: "a part of this path is a file, a directory was expected; check the path",
  FILES_NOT_FILE: "this is a device, a pipe or a socket, a file was expected; name a file",
  FILES_NOT_EMPTY: "the directory is not empty; remove what it holds first, or remove it with `recursive`",
  FILES_EXISTS: "this exists already; choose another name or remove it first",
  FILES_NO_SPACE: "no space is left on the volume or in the quota; free some space and try again",
  FILES_NO_PERMISSION: "permission denied or a read-only volume; check the owner and the mode of the path",
  FILES_LOCKED: "another user has this open for writing; close it there first",
  FILES_NO_FILE_SYSTEM:
    "there is no disk in a browser; pass a file system, such as a MemoryVfs, or a source of bytes",
  FILES_EMPTY: "the file is empty; check that it was copied or downloaded whole",
  FILES_LFS_POINTER: "this is a Git LFS pointer, not the file itself; fetch the file with `git lfs pull`",
  FILES_IO_FAILED: "the system failed to do this; check the volume's health and the limit of open files",
};

const SYSTEM_CODES: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: "FILES_NOT_FOUND",
  EISDIR: "FILES_IS_DIRECTORY",
  ENOTDIR: "FILES_NOT_DIRECTORY",
  ENOTEMPTY: "FILES_NOT_EMPTY",
  EEXIST: "FILES_EXISTS",
  ENOSPC: "FILES_NO_SPACE",
  EDQUOT: "FILES_NO_SPACE",
  EACCES: "FILES_NO_PERMISSION",
  EPERM: "FILES_NO_PERMISSION",
  EROFS: "FILES_NO_PERMISSION",
};

/**
 * An IoError with the message that belongs to `code`, for those who implement a Vfs.
 * @param detail - put after the call's name: what exactly was seen
 */
export function fileError(
  code: FileErrorCode,
  path: string,
  syscall: string,
  detail = "",
  cause?: unknown,
): IoError {
  const seen = detail === "" ? syscall : `${syscall}: ${detail}`;
  return new IoError(code, path, syscall, `${PROBLEMS[code]} (${seen})`, { cause });
}

/**
 * Turns an error of the operating system (one with `code: "ENOSPC"` and the like) into an IoError.
 * Codes without a name of their own, EIO and EMFILE among them, become `FILES_IO_FAILED`; IoErrors pass unchanged.
 */
export function toFileError(error: unknown, path: string, syscall: string): IoError {
  if (error instanceof IoError) return error;
  const found = (error as { code?: unknown } | null)?.code;
  const systemCode = typeof found === "string" ? found : String(error);
  return fileError(SYSTEM_CODES[systemCode] ?? "FILES_IO_FAILED", path, syscall, systemCode, error);
}
