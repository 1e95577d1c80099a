import { CorruptDataError, InvalidArgumentError, isMillraceError, MillraceError } from "@millrace/base";
import { type Durability, inspectInputFile, type Vfs, type VfsFile } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { DatabaseDurability, DatabaseOptions } from "../options.ts";
import type { FileCipher } from "./file-cipher.ts";
import { encodeHeader, type Header, newDatabaseId, readHeader } from "./header.ts";
import { type PageOptions, pagesOf, unlockFile } from "./page-settings.ts";
import { PageStore } from "./page-store.ts";

const LOG_DURABILITY: Readonly<Record<DatabaseDurability, Durability>> = {
  durable: "disk",
  relaxed: "os",
  memory: "none",
};
/** Small, as opening reads the last segment even after a checkpoint. */
const LOG_SEGMENT_BYTES = 4 * 1024 * 1024;

/** The name of the log's lock, which is the database's. */
export const LOCK_NAME = "writer.lock";

/** Where the log of a database is. */
export function logDirectoryOf(path: string): string {
  return `${path}-wal`;
}

/** Refuses what is no database, or cannot be decrypted, before anything is made beside it. */
export async function checkHeader(
  vfs: Vfs,
  path: string,
  options: PageOptions,
): Promise<FileCipher | undefined> {
  await inspectInputFile(vfs, path);
  await using file = await vfs.open(path, "r");
  // Awaited here: the file is closed in between, and a refusal must find somebody who waits for it.
  return await unlockFile(await readHeader(file), options, path);
}

/** Whether a database needs a password. @throws as {@link checkHeader} for what is none */
export async function isEncrypted(vfs: Vfs, path: string): Promise<boolean> {
  await inspectInputFile(vfs, path);
  await using file = await vfs.open(path, "r");
  const header = await readHeader(file);
  return header.packed?.encryption !== undefined;
}

/** Opens the log, whose lock is the database's. @throws MillraceError `DOCDB_DATABASE_LOCKED` */
export async function openLog(
  vfs: Vfs,
  directory: string,
  path: string,
  durability: DatabaseDurability,
  syncIntervalMs: number,
): Promise<Wal> {
  try {
    return await Wal.open(vfs, directory, {
      durability: LOG_DURABILITY[durability],
      syncIntervalMs: durability === "relaxed" ? syncIntervalMs : 0,
      segmentBytes: LOG_SEGMENT_BYTES,
    });
  } catch (error) {
    if (!isMillraceError(error, "FILES_LOCKED")) throw error;
    throw lockedDatabase(path, error);
  }
}

/** The error for a database that somebody else has open. */
export function lockedDatabase(path: string, cause: Error): MillraceError {
  const message = `${path}: another process or handle has this database open; close it there first (${cause.message})`;
  return new MillraceError("DOCDB_DATABASE_LOCKED", message, { cause });
}

/** Pages that fit into the smallest cache: changes of one document must. */
const LEAST_PAGES = 64;

/** The pages of an open file, behind their cache. @throws InvalidArgumentError for a cache that is too small for them */
export function openPages(
  file: VfsFile,
  header: Header,
  cipher: FileCipher | undefined,
  { cacheBytes, poolBytes }: Required<DatabaseOptions>,
): PageStore {
  const { pageBytes } = header;
  if (cacheBytes >= LEAST_PAGES * pageBytes)
    return new PageStore(file, cacheBytes, poolBytes, pagesOf(file, header, cipher));
  const expected = `at least ${LEAST_PAGES * pageBytes}, as the file has pages of ${pageBytes} bytes`;
  throw new InvalidArgumentError("DOCDB_OPTION_VALUE", "docdb cacheBytes", cacheBytes, expected);
}

/** A file that was closed in order and came here without its log gets a new one, and an id that no other log has. */
export async function beginLog(
  file: VfsFile,
  header: Header,
  cipher: FileCipher | undefined,
): Promise<Header> {
  if (header.checkpointLsn === 0) return header;
  let begun = { ...header, databaseId: newDatabaseId(), checkpointLsn: 0 };
  for (let copy = 0; copy < 2; copy++) {
    begun = { ...begun, sequence: begun.sequence + 1 };
    await file.write(encodeHeader(begun, cipher), (begun.sequence % 2) * header.pageBytes);
    await file.sync();
  }
  return begun;
}

/** Refuses an older header copy whose log was cut since: the newer copy was damaged, and its pages are not these. */
export function checkHeaderIsNewest(path: string, header: Header, wal: Wal): void {
  if (header.packed === undefined || wal.stats.firstLsn <= header.checkpointLsn + 1) return;
  const problem = `the header copy of record ${header.checkpointLsn} is the only one that is whole, the log begins at record ${wal.stats.firstLsn}; restore file and log from a copy`;
  throw new CorruptDataError("DOCDB_HEADER_CORRUPT", path, 0, problem);
}

/** The error for a log without its file. */
export function missingFile(path: string, directory: string): MillraceError {
  return new MillraceError(
    "DOCDB_FILE_MISSING",
    `${path} is missing, but its log ${directory} holds changes; put the file back, or remove the log to start anew`,
  );
}

/** The error for a file whose log is gone, or is an older one. */
export function missingLog(path: string, directory: string, header: Header, wal: Wal): MillraceError {
  return new MillraceError(
    "DOCDB_LOG_MISSING",
    `${directory}: the log ends at record ${wal.stats.nextLsn - 1}, ${path} was not closed in order and is at record ${header.checkpointLsn}; put the log that belongs to the file back`,
  );
}
