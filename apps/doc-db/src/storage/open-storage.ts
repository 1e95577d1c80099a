import { fileError, parentPath, type VfsFile } from "@millrace/files";
import type { DatabaseOptions } from "../options.ts";
import type { FileCipher } from "./file-cipher.ts";
import { createFile, type Header, readHeader } from "./header.ts";
import {
  beginLog,
  checkHeader,
  checkHeaderIsNewest,
  logDirectoryOf,
  missingFile,
  missingLog,
  openLog,
  openPages,
} from "./open-files.ts";
import { openReadOnly } from "./open-read-only.ts";
import {
  createPackedFile,
  newPageSettings,
  numberOpening,
  type PageSettings,
  unlockFile,
} from "./page-settings.ts";
import { Pager } from "./pager.ts";
import { recoverPages } from "./recovery.ts";
import { removeStaleScratch } from "./scratch.ts";
import { removeStaleSpill } from "./spill-file.ts";

/** A file and its log, locked, with the pages as the log's last whole commit leaves them. */
export interface OpenStorage {
  readonly pager: Pager;
  readonly header: Header;
  /** Of an encrypted file. */
  readonly cipher: FileCipher | undefined;
  /** Records of the log that the file did not have: a checkpoint is due when there are any. */
  readonly applied: number;
  /** What the names of queries' files begin with. */
  readonly scratchPath: string;
  /** Closes both as they are. */
  abandon(): Promise<void>;
  /** Gives up what is held beside file and log; to be called once both are closed. */
  release(): Promise<void>;
}

/** Opens a file and its log, or makes them. @param settings - of a new file, before the options */
export async function openStorage(
  path: string,
  options: Required<DatabaseOptions>,
  settings: PageSettings | undefined,
): Promise<OpenStorage> {
  if (options.readOnly) return openReadOnly(path, options);
  const { vfs } = options;
  const logDirectory = logDirectoryOf(path);
  const isThere = await vfs.exists(path);
  // A file that is no database is refused before anything is made beside it.
  let cipher: FileCipher | undefined;
  if (isThere) cipher = await checkHeader(vfs, path, options);
  else if (!options.create) throw fileError("FILES_NOT_FOUND", path, "open");
  // The log would make directories that are missing; more likely the path is wrong.
  else await vfs.list(parentPath(path));
  const wal = await openLog(vfs, logDirectory, path, options.durability, options.syncIntervalMs);
  let file: VfsFile | undefined;
  const abandon = async (): Promise<void> => {
    await file?.close();
    // The log's own error would only hide the one that this is for.
    await wal.close().catch(() => {});
  };
  try {
    // Looked at again, now that the lock is held.
    if (!(await vfs.exists(path))) {
      if (wal.stats.nextLsn > 1) throw missingFile(path, logDirectory);
      const made = settings ?? (await newPageSettings(options));
      if (made.compression === "none" && made.locked === undefined)
        await createFile(vfs, path, parentPath(path), made.pageBytes);
      else cipher = await createPackedFile(vfs, path, parentPath(path), made);
    }
    await removeStaleSpill(vfs, path);
    await removeStaleScratch(vfs, path);
    file = await vfs.open(path, "r+");
    let header = await readHeader(file);
    cipher = await unlockFile(header, options, path, cipher);
    if (wal.stats.nextLsn === 1 && header.isClosed) header = await beginLog(file, header, cipher);
    else if (wal.stats.nextLsn <= Math.max(1, header.checkpointLsn))
      throw missingLog(path, logDirectory, header, wal);
    checkHeaderIsNewest(path, header, wal);
    const isWritten = !header.isClosed || wal.stats.nextLsn > header.checkpointLsn + 1;
    if (cipher !== undefined && isWritten) header = await numberOpening(file, header, cipher);
    const store = openPages(file, header, cipher, options);
    const applied = await recoverPages(store, wal, header.databaseId, header.checkpointLsn, cipher);
    const pager = new Pager(store, wal, header.databaseId, cipher);
    return { pager, header, cipher, applied, scratchPath: path, abandon, release: async () => {} };
  } catch (error) {
    await abandon();
    throw error;
  }
}
