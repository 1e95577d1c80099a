import { mkdir, open, readdir, rename, rm, rmdir, stat, statfs, unlink } from "node:fs/promises";
import { DiskFile } from "./disk-file.ts";
import { takeDiskLock } from "./disk-lock.ts";
import { fileError, toFileError } from "./file-errors.ts";
import type { EntryKind, OpenFlags, Vfs, VfsEntry, VfsFile, VfsLock, VfsStat } from "./vfs.ts";

const NODE_FLAGS: Readonly<Record<OpenFlags, string>> = {
  r: "r",
  "r+": "r+",
  create: "wx+",
  "create-or-open": "r+",
  "create-or-truncate": "w+",
};

/**
 * The operating system's files. It has no state of its own: {@link diskVfs} serves for all.
 * @example
 * await using file = await diskVfs.open("/tmp/a.bin", "create-or-truncate");
 * await file.write(new Uint8Array([1, 2, 3]), 0);
 */
export class DiskVfs implements Vfs {
  async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    const file = new DiskFile(path, await openHandle(path, flags));
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
      const ioError = toFileError(error, path, "stat");
      if (ioError.code === "FILES_NOT_FOUND" || ioError.code === "FILES_NOT_DIRECTORY") return false;
      throw ioError;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    await told("makeDirectory", path, mkdir(path, { recursive: true }));
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory this way; NTFS keeps names durable in its journal.
    if (process.platform === "win32") return;
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
}

/** The one {@link DiskVfs} that everybody shares. */
export const diskVfs: DiskVfs = new DiskVfs();

/** The file system of code that is given none: the disk. In a browser, which has none, every call of it throws. */
export const defaultVfs: Vfs = diskVfs;

type Handle = Awaited<ReturnType<typeof open>>;

async function openHandle(path: string, flags: OpenFlags): Promise<Handle> {
  // "a+" would create, too, but ignores positions in writes: try to create, then to open, until one holds.
  for (;;) {
    try {
      return await open(path, NODE_FLAGS[flags]);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (flags !== "create-or-open" || !isMissing) throw toFileError(error, path, "open");
    }
    try {
      return await open(path, NODE_FLAGS.create);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw toFileError(error, path, "open");
    }
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
