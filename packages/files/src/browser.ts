// Everything that needs nothing of Node; index.ts adds the disk. Both give the same classes.

export {
  AtomicFile,
  type AtomicWriteOptions,
  atomicWrite,
  DEFAULT_ATOMIC_WRITE_OPTIONS,
  isTemporaryName,
  removeStaleTemporaries,
} from "./atomic-file.ts";
export { atomicPath } from "./atomic-path.ts";
export {
  type ByteSource,
  blobSource,
  bytesSource,
  fileSource,
  readSourceFull,
  streamSource,
} from "./byte-source.ts";
export { DURABILITIES, type Durability } from "./durability.ts";
export { makeDurableDirectory, makeDurableDirectorySync } from "./durable-directory.ts";
export { type FileErrorCode, fileError, toFileError } from "./file-errors.ts";
export {
  DEFAULT_FILE_VIEW_OPTIONS,
  FileView,
  type FileViewOptions,
  type FileViewStats,
  type PinnedBytes,
} from "./file-view.ts";
export {
  DEFAULT_FORWARD_SOURCE_OPTIONS,
  ForwardSource,
  type ForwardSourceOptions,
} from "./forward-source.ts";
export { type InputFile, inspectInputFile } from "./input-file.ts";
export { MemoryVfs } from "./memory-vfs.ts";
export { noVfs as defaultVfs } from "./no-vfs.ts";
export { baseName, joinPath, parentPath } from "./paths.ts";
export { DEFAULT_READ_CHUNKS_OPTIONS, type ReadChunksOptions, readChunks } from "./read-chunks.ts";
export { readFull, readFullSync } from "./read-full.ts";
export { SpilledBytes } from "./spilled-bytes.ts";
export { type ByteStream, StreamReader } from "./stream-reader.ts";
export { type TemporaryFile, TemporarySpace, type TemporarySpaceStatistics } from "./temporary-space.ts";
export type { EntryKind, OpenFlags, Vfs, VfsEntry, VfsFile, VfsLock, VfsStat } from "./vfs.ts";
