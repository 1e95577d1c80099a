/**
 * How a file is opened: `"r"` to read, `"r+"` to read and write what exists, `"create"` to read and write a new
 * file (it must not exist), `"create-or-open"` to read and write, making it where it is missing,
 * `"create-or-truncate"` to read and write, emptied first.
 */
export type OpenFlags = "r" | "r+" | "create" | "create-or-open" | "create-or-truncate";

/** What an entry of a directory is; sockets, devices and the like are `"other"`. */
export type EntryKind = "file" | "directory" | "other";

/** One name in a directory. */
export interface VfsEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** What {@link Vfs.stat} tells of a path; links are followed. */
export interface VfsStat {
  readonly kind: EntryKind;
  /** Size in bytes; 0 for what is no file. */
  readonly size: number;
  /** Time of the last change in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** An exclusive lock that this process holds until it is released or the process ends. */
export interface VfsLock {
  readonly path: string;
  /** Gives the lock up; a second call does nothing. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An open file. Offsets and sizes are in bytes. The calls with `Sync` do the same at once, on this thread.
 *
 * What a `write` gave to the file is durable after the next `sync` that returns; a `sync` that failed says that
 * some of it may be lost for good, and a later one that returns does not bring it back: close the file then.
 * Every call throws IoError when the system refuses, and ClosedError after `close()`.
 */
export interface VfsFile {
  readonly path: string;
  /** Fills `into` from `position` on; returns how many bytes there were, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` at `position`; a hole before it reads as zeros. `bytes` must not change meanwhile. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  size(): Promise<number>;
  /** Sets the size: cuts the file off, or lengthens it by a hole that reads as zeros. */
  truncate(size: number): Promise<void>;
  /** Lengthens the file to `size` by zeros that are really written, so that space is taken; never shortens it. */
  allocate(size: number): Promise<void>;
  /** Makes data and size durable (fdatasync); the file's name needs {@link Vfs.syncDirectory}. */
  sync(): Promise<void>;
  /** Waits for running calls and closes; a second call does nothing. */
  close(): Promise<void>;
  readSync(into: Uint8Array, position: number): number;
  writeSync(bytes: Uint8Array, position: number): void;
  sizeSync(): number;
  truncateSync(size: number): void;
  syncSync(): void;
  /** Closes; calls that still run on other threads end as they would have, and the system lets go of it then. */
  closeSync(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The file system as every package of this project sees it: a disk, memory, or one that fails on purpose.
 *
 * Paths use `/`. All calls throw IoError with a code of the package's README when the system refuses. The calls with
 * `Sync` do the same at once, on this thread, for code that cannot wait.
 */
export interface Vfs {
  /** @throws IoError `FILES_NOT_FOUND`, `FILES_EXISTS` (for `"create"`), `FILES_IS_DIRECTORY` and others */
  open(path: string, flags: OpenFlags): Promise<VfsFile>;
  /** Moves a file or directory; a file at `to` is replaced in one step. Durable after both directories' sync. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or an empty directory; with `recursive` a directory with all that it holds. */
  remove(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  /** The entries of a directory, sorted by name (by UTF-16 units). */
  list(path: string): Promise<VfsEntry[]>;
  stat(path: string): Promise<VfsStat>;
  /** False only when there is nothing at `path`; other failures throw. */
  exists(path: string): Promise<boolean>;
  /** Makes the directory and those above it that are missing; fine when it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable: creations, renames and removals before this call. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes free to this process on the volume of `path`, or undefined when that is unknown. */
  freeBytes(path: string): Promise<number | undefined>;
  /**
   * Takes the lock that the file `path` stands for; keeps out other processes and other users in this one.
   * @throws IoError `FILES_LOCKED` when a living process holds it
   */
  lock(path: string): Promise<VfsLock>;
  openSync(path: string, flags: OpenFlags): VfsFile;
  renameSync(from: string, to: string): void;
  removeSync(path: string, options?: { readonly recursive?: boolean }): void;
  existsSync(path: string): boolean;
  makeDirectorySync(path: string): void;
  syncDirectorySync(path: string): void;
}
