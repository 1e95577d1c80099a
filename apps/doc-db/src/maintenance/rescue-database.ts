import { AbortedError, isMillraceError, MillraceError } from "@millrace/base";
import { parentPath, type Vfs } from "@millrace/files";
import { findCollection, findOrCreateCollection, setCollectionOptions } from "../catalog.ts";
import type { Document } from "../document/value.ts";
import { DuplicateKeyError } from "../indexes/duplicate-key.ts";
import { buildIndex } from "../indexes/store.ts";
import { nextTurn } from "../next-turn.ts";
import type { ReportBytes } from "../report-bytes.ts";
import type { Executor } from "../storage/executor.ts";
import { type OpenTarget, removeDatabaseFiles } from "./backup.ts";
import { LOST_AND_FOUND, Rescue } from "./rescue.ts";

/** What was saved of one collection. */
export interface RescuedCounts {
  readonly name: string;
  readonly saved: number;
  /** As it was counted; null when the count is lost. */
  readonly expected: number | null;
}

/** What was saved of a database. */
export interface RescueResult {
  readonly collections: readonly RescuedCounts[];
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** As {@link Database.rescue}, from any source of pages. @throws MillraceError `DOCDB_BACKUP_EXISTS` */
export async function rescueDatabase(
  source: Executor,
  vfs: Vfs,
  path: string,
  openTarget: OpenTarget,
  signal: AbortSignal | undefined,
  onProgress: ReportBytes = () => {},
): Promise<RescueResult> {
  if (await vfs.exists(path))
    throw new MillraceError("DOCDB_BACKUP_EXISTS", `${path}: is there already; name a file that is not`);
  const part = `${path}.part`;
  await removeDatabaseFiles(vfs, part);
  const rescue = new Rescue(source, onProgress);
  const counts: RescuedCounts[] = [];
  try {
    const { database, engine } = await openTarget(part);
    await using _ = database;
    for await (const { name, specs, options, expected, documents } of rescue.collections()) {
      // Two versions of a document cannot be in one tree; a leaf that is nobody's may hold an older one.
      const seen = new Set<string>();
      const each = async function* (): AsyncGenerator<Document> {
        for await (const document of documents) {
          const turn = nextTurn();
          if (turn !== undefined) await turn;
          if (signal?.aborted === true)
            throw new AbortedError("DOCDB_BACKUP_ABORTED", "the repair", { cause: signal.reason });
          if (name === LOST_AND_FOUND) {
            const id = JSON.stringify(document._id, (_key, value) =>
              typeof value === "bigint" ? `${value}n` : value,
            );
            if (seen.has(id)) continue;
            seen.add(id);
          }
          yield document;
        }
      };
      const found = each();
      const first = await found.next();
      if (first.done === true && name === LOST_AND_FOUND) continue;
      await engine.write((pager) => findOrCreateCollection(pager, name));
      const saved = first.done === true ? 0 : await importAll(database.collection(name), first.value, found);
      for (const spec of specs) {
        try {
          await engine.writeLong(async (pager) => buildIndex(pager, findCollection(pager, name)!, spec));
        } catch (error) {
          if (!(error instanceof DuplicateKeyError) && !isMillraceError(error, "DOCDB_QUERY_INVALID"))
            throw error;
          rescue.problems.push(`${name}: index ${String(spec.name)} cannot be made again: ${error.message}`);
        }
      }
      await engine.write((pager) => setCollectionOptions(pager, name, options));
      counts.push({ name, saved, expected: expected ?? null });
    }
  } catch (error) {
    await removeDatabaseFiles(vfs, part);
    throw error;
  }
  await vfs.remove(`${part}-wal`, { recursive: true });
  await vfs.rename(part, path);
  await vfs.syncDirectory(parentPath(path));
  return { collections: counts, problems: rescue.problems };
}

async function importAll(
  collection: { importFrom(documents: AsyncIterable<Document>): Promise<{ documents: number }> },
  first: Document,
  rest: AsyncIterable<Document>,
): Promise<number> {
  const all = async function* (): AsyncGenerator<Document> {
    yield first;
    yield* rest;
  };
  return (await collection.importFrom(all())).documents;
}
