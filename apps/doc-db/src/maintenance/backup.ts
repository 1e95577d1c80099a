/** Copies of a database: one moment of it, written anew without holes, in one file. */
import { AbortedError, MillraceError } from "@millrace/base";
import { parentPath, type Vfs } from "@millrace/files";
import { collectionOptions, findCollection, listCollections, setCollectionOptions } from "../catalog.ts";
import { FEED_COLLECTION } from "../changes/feed.ts";
import { listIndexSpecs } from "../collection-indexes.ts";
import { documentBytesOf, documentCountOf } from "../collection-page.ts";
import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { FindCursor } from "../find-cursor.ts";
import { buildIndex } from "../indexes/store.ts";
import type { ReportBytes } from "../report-bytes.ts";
import type { Executor } from "../storage/executor.ts";

/** Documents from one word of the progress to the next. */
const REPORTED_DOCUMENTS = 1000;

/** What a copy holds. */
export interface BackupResult {
  readonly collections: number;
  readonly documents: number;
  /** Bytes of its file. */
  readonly bytes: number;
}

/** Opens the file that a copy goes to; given from outside, as a database makes copies of itself. */
export type OpenTarget = (
  path: string,
) => Promise<{ readonly database: Database; readonly engine: Executor }>;

/**
 * Writes what `source` sees to a new file, which is there whole or not at all.
 * @throws MillraceError `DOCDB_BACKUP_EXISTS` when there is such a file
 */
export async function copyDatabase(
  source: Executor,
  vfs: Vfs,
  path: string,
  openTarget: OpenTarget,
  signal: AbortSignal | undefined,
  onProgress: ReportBytes = () => {},
): Promise<BackupResult> {
  if (await vfs.exists(path)) throw backupExists(path);
  const part = `${path}.part`;
  await removeDatabaseFiles(vfs, part);
  let documents = 0;
  let collections = 0;
  try {
    const { database, engine } = await openTarget(part);
    await using _ = database;
    const sizes = await source.read((pager) =>
      listCollections(pager).map(({ name, page }) => ({ name, bytes: documentBytesOf(pager.read(page)) })),
    );
    // The feed of changes last: it would tell of the copying.
    sizes.sort((a, b) => Number(a.name === FEED_COLLECTION) - Number(b.name === FEED_COLLECTION));
    const totalBytes = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    let copiedBytes = 0;
    for (const { name, bytes } of sizes) {
      documents += await copyCollection(source, database, engine, name, signal, (part) =>
        onProgress(copiedBytes + bytes * part, totalBytes),
      );
      copiedBytes += bytes;
      collections++;
    }
    onProgress(totalBytes, totalBytes);
  } catch (error) {
    await removeDatabaseFiles(vfs, part);
    throw error;
  }
  await placeDatabase(vfs, part, path);
  return { collections, documents, bytes: (await vfs.stat(path)).size };
}

/** Gives a database, closed in order, its name. @throws MillraceError `DOCDB_BACKUP_EXISTS` */
export async function placeDatabase(vfs: Vfs, part: string, path: string): Promise<void> {
  // Closed in order, a file is whole without its log.
  await vfs.remove(`${part}-wal`, { recursive: true });
  if (await vfs.exists(path)) throw backupExists(path);
  await vfs.rename(part, path);
  await vfs.syncDirectory(parentPath(path));
}

/** Puts a database, closed in order, in the place of another one, closed too; a crash leaves the one or the other. */
export async function replaceDatabase(vfs: Vfs, path: string, by: string): Promise<void> {
  const directory = parentPath(path);
  // The file is whole without its log, and the other one's log would not fit.
  await vfs.remove(`${path}-wal`, { recursive: true });
  await vfs.syncDirectory(directory);
  await vfs.rename(by, path);
  await vfs.syncDirectory(directory);
}

/** Removes a database that is not to be there. */
export async function removeDatabaseFiles(vfs: Vfs, path: string): Promise<void> {
  for (const name of [path, `${path}-spill`, `${path}-wal`]) {
    // What failed before is the error to be told; what cannot be removed is in the way of the next attempt, which says so.
    if (await vfs.exists(name)) await vfs.remove(name, { recursive: true }).catch(() => {});
  }
}

async function copyCollection(
  source: Executor,
  target: Database,
  engine: Executor,
  name: string,
  signal: AbortSignal | undefined,
  onPart: (part: number) => void,
): Promise<number> {
  const { specs, options, count } = await source.read((pager) => ({
    count: documentCountOf(pager.read(findCollection(pager, name)!)),
    specs: listIndexSpecs(pager, name).slice(1),
    options: collectionOptions(pager, name),
  }));
  const found = counted(new FindCursor(source, name, {}, undefined), (done) => onPart(done / count));
  const copied = await target.collection(name).importFrom(found, { signal });
  for (const spec of specs) {
    if (signal?.aborted === true)
      throw new AbortedError("DOCDB_BACKUP_ABORTED", "the backup", { cause: signal.reason });
    await engine.writeLong(async (pager) => buildIndex(pager, findCollection(pager, name)!, spec));
  }
  // Documents may be older than the validator.
  await engine.write((pager) => setCollectionOptions(pager, name, options));
  return copied.documents;
}

/** Documents as they come, with word of how many came so far. */
async function* counted(
  documents: AsyncIterable<Document>,
  onCount: (count: number) => void,
): AsyncGenerator<Document> {
  let count = 0;
  for await (const document of documents) {
    yield document;
    if (++count % REPORTED_DOCUMENTS === 0) onCount(count);
  }
}

/** The error for a file that must not be there. */
export function backupExists(path: string): MillraceError {
  return new MillraceError("DOCDB_BACKUP_EXISTS", `${path}: is there already; name a file that is not`);
}
