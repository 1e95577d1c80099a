import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { isMillraceError, MillraceError } from "@millrace/base";
import { diskVfs, fileError, joinPath, MemoryVfs, type Vfs, type VfsLock } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { DatabaseOptions } from "../options.ts";
import { readHeader } from "./header.ts";
import { checkHeader, LOCK_NAME, lockedDatabase, logDirectoryOf, openPages } from "./open-files.ts";
import type { OpenStorage } from "./open-storage.ts";
import { unlockFile } from "./page-settings.ts";
import { Pager } from "./pager.ts";

/**
 * Opens a file that was closed in order, and writes nothing: not to it, not beside it. Where its log lies beside it and
 * can be locked, it is, so that nobody writes meanwhile.
 * @throws MillraceError `DOCDB_LOG_NEEDED` when the file is not whole without its log
 */
export async function openReadOnly(path: string, options: Required<DatabaseOptions>): Promise<OpenStorage> {
  const { vfs } = options;
  if (!(await vfs.exists(path))) throw fileError("FILES_NOT_FOUND", path, "open");
  const known = await checkHeader(vfs, path, options);
  const lock = await lockLog(vfs, path);
  const file = await vfs.open(path, "r").catch(async (error: unknown) => {
    await lock?.release();
    throw error;
  });
  const abandon = async (): Promise<void> => {
    await file.close();
    await lock?.release();
  };
  try {
    const header = await readHeader(file);
    const cipher = await unlockFile(header, options, path, known);
    if (!header.isClosed)
      throw new MillraceError(
        "DOCDB_LOG_NEEDED",
        `${path}: was not closed in order, so that its log ${logDirectoryOf(path)} has to be applied first; open it once to write`,
      );
    // Nothing is logged; it only says how far the file is.
    const wal = await Wal.open(new MemoryVfs(), "log", {
      durability: "none",
      firstLsn: header.checkpointLsn + 1,
    });
    const pager = new Pager(openPages(file, header, cipher, options), wal, header.databaseId, cipher);
    // What sorts and groups have no memory for goes where files may be made, under a name that nobody can know before.
    const scratchPath = vfs === diskVfs ? joinPath(tmpdir(), `millrace-${randomUUID()}`) : path;
    return { pager, header, cipher, applied: 0, scratchPath, abandon, release: async () => lock?.release() };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** @returns undefined where there is no log, or where nothing can be made in it */
async function lockLog(vfs: Vfs, path: string): Promise<VfsLock | undefined> {
  const directory = logDirectoryOf(path);
  if (!(await vfs.exists(directory))) return undefined;
  const lockPath = joinPath(directory, LOCK_NAME);
  try {
    return await vfs.lock(lockPath);
  } catch (error) {
    if (isMillraceError(error, "FILES_LOCKED")) throw lockedDatabase(path, error);
    if (!isMillraceError(error, "FILES_NO_PERMISSION")) throw error;
    if (await vfs.exists(lockPath))
      throw lockedDatabase(
        path,
        fileError("FILES_LOCKED", lockPath, "lock", "it cannot be asked who holds it"),
      );
    return undefined;
  }
}
