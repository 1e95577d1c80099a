import {
  closeSync,
  fsyncSync,
  mkdirSync,
  open as nodeOpen,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat, statfs, unlink } from "node:fs/promises";
import { promisify } from "node:util";
import { DiskFile } from "./disk-file.ts";
import { takeDiskLock } from "./disk-lock.ts";
import { fileError, toFileError } from "./file-errors.ts";
import type { EntryKind, OpenFlags, Vfs, VfsEntry, VfsFile, VfsLock, VfsStat } from "./vfs.ts";

const openDescriptor = promisify<string, string, number>(nodeOpen);

const NODE_FLAGS: Readonly<Record<OpenFlags, string>> = {
  r: "r",
  "r+": "r+",
  create: "wx+",
  "create-or-open": "r+",
  "create-or-truncate": "w+",
};

/**
 * The operating system's files; {@link diskVfs} serves for all.
 * @example
 * await using file = await diskVfs.open("/tmp/a.bin", "create-or-truncate");
 * await file.write(new Uint8Array([1, 2, 3]), 0);
 */
export class DiskVfs implements Vfs {
  /** Syncs of directories that run, by path; they never fail here. */
  readonly #syncs = new Map<string, Promise<void>>();
  /** Syncs that wait for those. */
  readonly #nextSyncs = new Map<string, Promise<void>>();

  async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    const file = new DiskFile(path, await openForFlags(path, flags));
    try {
      // Opening a directory to read succeeds on Linux, and only the first read fails: say it here instead.
      if (flags === "r" && (await this.stat(path)).kind === "directory") {
        throw fileError("FILES_IS_DIRECTORY", path, "open");
      }
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    checkReplaceable(to, await stat(to).catch(() => undefined));
    await told("rename", from, rename(from, to));
  }

  async remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    const { kind } = await this.stat(path);
    if (kind !== "directory") await told("remove", path, unlink(path));
    else if (options.recursive === true) await told("remove", path, rm(path, { recursive: true }));
    else await told("remove", path, rmdir(path));
  }

  async list(path: string): Promise<VfsEntry[]> {
    const entries = await told("list", path, readdir(path, { withFileTypes: true }));
    return entries
      .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async stat(path: string): Promise<VfsStat> {
    const found = await told("stat", path, stat(path));
    const kind = kindOf(found);
    return { kind, size: kind === "file" ? found.size : 0, modifiedMs: found.mtimeMs };
  }

  async exists(path: string): Promise<boolean> {
    try {
      await stat(path);
      return true;
    } catch (error) {
      return missing(error, path);
    }
  }

  async makeDirectory(path: string): Promise<void> {
    await told("makeDirectory", path, mkdir(path, { recursive: true }));
  }

  syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory this way; NTFS keeps names durable in its journal.
    if (process.platform === "win32") return Promise.resolve();
    // A sync that has begun may miss what was done since; one that waits serves all who come meanwhile.
    const waiting = this.#nextSyncs.get(path);
    if (waiting !== undefined) return waiting;
    const running = this.#syncs.get(path) ?? Promise.resolve();
    const next = running.then(() => {
      this.#nextSyncs.delete(path);
      const sync = this.#syncDirectoryNow(path);
      const ended = sync
        .catch(() => {})
        .then(() => {
          if (this.#syncs.get(path) === ended) this.#syncs.delete(path);
        });
      this.#syncs.set(path, ended);
      return sync;
    });
    this.#nextSyncs.set(path, next);
    return next;
  }

  async #syncDirectoryNow(path: string): Promise<void> {
    const handle = await told("syncDirectory", path, open(path, "r"));
    try {
      await told("syncDirectory", path, handle.sync());
    } finally {
      await handle.close();
    }
  }

  async freeBytes(path: string): Promise<number | undefined> {
    const found = await told("freeBytes", path, statfs(path));
    return found.bavail * found.bsize;
  }

  lock(path: string): Promise<VfsLock> {
    return takeDiskLock(path);
  }

  openSync(path: string, flags: OpenFlags): VfsFile {
    const file = new DiskFile(path, openForFlagsSync(path, flags));
    try {
      if (flags === "r" && statNow(path).isDirectory()) throw fileError("FILES_IS_DIRECTORY", path, "open");
      return file;
    } catch (error) {
      file.closeSync();
      throw error;
    }
  }

  renameSync(from: string, to: string): void {
    toldSync("rename", from, () => {
      checkReplaceable(to, statSync(to, { throwIfNoEntry: false }));
      renameSync(from, to);
    });
  }

  removeSync(path: string, options: { readonly recursive?: boolean } = {}): void {
    const isDirectory = statNow(path).isDirectory();
    toldSync("remove", path, () => {
      if (!isDirectory) unlinkSync(path);
      else if (options.recursive === true) rmSync(path, { recursive: true });
      else rmdirSync(path);
    });
  }

  existsSync(path: string): boolean {
    return toldSync("stat", path, () => statSync(path, { throwIfNoEntry: false })) !== undefined;
  }

  makeDirectorySync(path: string): void {
    toldSync("makeDirectory", path, () => mkdirSync(path, { recursive: true }));
  }

  syncDirectorySync(path: string): void {
    if (process.platform === "win32") return;
    toldSync("syncDirectory", path, () => {
      const descriptor = openSync(path, "r");
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }
}

/** The one {@link DiskVfs} that everybody shares. */
export const diskVfs: DiskVfs = new DiskVfs();

/** The file system of code that is given none: the disk. In a browser, which has none, every call of it throws. */
export const defaultVfs: Vfs = diskVfs;

// "a+" would create, too, but ignores positions in writes: `"create-or-open"` tries to open, then to create, until one
// holds.

async function openForFlags(path: string, flags: OpenFlags): Promise<number> {
  for (;;) {
    try {
      return await openDescriptor(path, NODE_FLAGS[flags]);
    } catch (error) {
      throwUnlessMissing(error, path, flags);
    }
    try {
      return await openDescriptor(path, NODE_FLAGS.create);
    } catch (error) {
      throwUnlessExists(error, path);
    }
  }
}

function openForFlagsSync(path: string, flags: OpenFlags): number {
  for (;;) {
    try {
      return openSync(path, NODE_FLAGS[flags]);
    } catch (error) {
      throwUnlessMissing(error, path, flags);
    }
    try {
      return openSync(path, NODE_FLAGS.create);
    } catch (error) {
      throwUnlessExists(error, path);
    }
  }
}

function throwUnlessMissing(error: unknown, path: string, flags: OpenFlags): void {
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  if (flags !== "create-or-open" || !isMissing) throw toFileError(error, path, "open");
}

function throwUnlessExists(error: unknown, path: string): void {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw toFileError(error, path, "open");
}

/** False when `error` says that nothing is there; throws it otherwise. */
function missing(error: unknown, path: string): false {
  const ioError = toFileError(error, path, "stat");
  if (ioError.code === "FILES_NOT_FOUND" || ioError.code === "FILES_NOT_DIRECTORY") return false;
  throw ioError;
}

function statNow(path: string): Stats {
  return toldSync("stat", path, () => statSync(path));
}

function toldSync<T>(syscall: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toFileError(error, path, syscall);
  }
}

async function told<T>(syscall: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toFileError(error, path, syscall);
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

/** The system would take a device or a pipe away and put the file there: with /dev/null that harms all others. */
function checkReplaceable(to: string, found: Stats | undefined): void {
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw fileError("FILES_NOT_FILE", to, "rename");
}
