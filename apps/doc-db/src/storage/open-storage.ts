import { InvalidArgumentError } from "@millrace/base";
import { fileError, parentPath, type VfsFile } from "@millrace/files";
import type { DatabaseOptions } from "../options.ts";
import type { FileCipher } from "./file-cipher.ts";
import { createFile, type Header, readHeader } from "./header.ts";
import {
  beginLog,
  checkHeader,
  checkHeaderIsNewest,
  missingFile,
  missingLog,
  openLog,
} from "./open-files.ts";
import {
  createPackedFile,
  newPageSettings,
  numberOpening,
  type PageSettings,
  pagesOf,
  unlockFile,
} from "./page-settings.ts";
import { PageStore } from "./page-store.ts";
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
  /** Closes both as they are. */
  abandon(): Promise<void>;
}

/** Pages that fit into the smallest cache: changes of one document must. */
const LEAST_PAGES = 64;

/** Opens a file and its log, or makes them. @param settings - of a new file, before the options */
export async function openStorage(
  path: string,
  options: Required<DatabaseOptions>,
  settings: PageSettings | undefined,
): Promise<OpenStorage> {
  const { vfs } = options;
  const logDirectory = `${path}-wal`;
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
    checkRoom(options.cacheBytes, header.pageBytes);
    const store = new PageStore(file, options.cacheBytes, options.poolBytes, pagesOf(file, header, cipher));
    const applied = await recoverPages(store, wal, header.databaseId, header.checkpointLsn, cipher);
    return { pager: new Pager(store, wal, header.databaseId, cipher), header, cipher, applied, abandon };
  } catch (error) {
    await abandon();
    throw error;
  }
}

function checkRoom(cacheBytes: number, pageBytes: number): void {
  if (cacheBytes >= LEAST_PAGES * pageBytes) return;
  const expected = `at least ${LEAST_PAGES * pageBytes}, as the file has pages of ${pageBytes} bytes`;
  throw new InvalidArgumentError("DOCDB_OPTION_VALUE", "docdb cacheBytes", cacheBytes, expected);
}
