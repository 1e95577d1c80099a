export { DiskVfs, diskVfs } from "./disk-vfs.ts";
export { type FileErrorCode, fileError, toFileError } from "./file-errors.ts";
export { type InputFile, inspectInputFile } from "./input-file.ts";
export { MemoryVfs } from "./memory-vfs.ts";
export { baseName, joinPath, parentPath } from "./paths.ts";
export type { EntryKind, OpenFlags, Vfs, VfsEntry, VfsFile, VfsLock, VfsStat } from "./vfs.ts";
