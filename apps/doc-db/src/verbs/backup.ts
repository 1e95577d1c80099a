import { formatByteSize, MillraceError } from "@millrace/base";
import { formatFacts, type VerbResult, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import type { Database } from "../database.ts";
import { type BackupResult, removeDatabaseFiles, replaceDatabase } from "../maintenance/backup.ts";
import { PAGE_COMPRESSIONS, type PageCompression } from "../storage/page-codec.ts";
import { oneOf } from "./arguments.ts";
import { openDatabase } from "./open-database.ts";
import { rewriteDatabase } from "./rewrite-database.ts";

interface DbFlag {
  readonly db: string;
}

/** `backup <out>`: writes a copy without holes to a new file, which needs no log. */
export const backupVerb: VerbSpec<DbFlag> = {
  usage: "backup <out>",
  summary: "writes a copy to a new file; it is there whole or not at all",
  example: "backup --db people.db people-monday.db",
  flags: (command) => command.requiredOption("--db <file>", "the database"),
  action: async (context, [out], flags) => {
    await using db = await openDatabase(flags.db, flags, { create: false });
    return shown(await db.backup(out!, context.signal));
  },
};

/** `restore <backup>`: puts a copy in the place of a database, once all of it was checked. */
export const restoreVerb: VerbSpec<DbFlag & { readonly force?: boolean }> = {
  usage: "restore <backup>",
  summary: "checks a backup and makes a database of it",
  example: "restore people-monday.db --db people.db",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database to be made")
      .option("--force", "put it in the place of a database that is there"),
  action: async (context, [backup], flags) => {
    const isThere = await diskVfs.exists(flags.db);
    if (isThere && flags.force !== true)
      throw new MillraceError(
        "DOCDB_BACKUP_EXISTS",
        `${flags.db}: is there already; --force puts the backup in its place`,
      );
    const hadLog = await diskVfs.exists(`${backup}-wal`);
    let result: BackupResult;
    {
      await using source = await openDatabase(backup!, flags, { create: false, expiryIntervalMs: 0 });
      const problems = await source.checkPages(context.signal);
      if (problems.length === 0) problems.push(...(await source.verify()));
      if (problems.length > 0)
        throw new MillraceError("DOCDB_BACKUP_DAMAGED", `${backup}: ${problems[0]}; nothing was changed`);
      if (!isThere) result = await source.backup(flags.db, context.signal);
      else result = await inPlace(source, flags, context.signal);
    }
    if (!hadLog) await diskVfs.remove(`${backup}-wal`, { recursive: true });
    return shown(result);
  },
};

/** `compact`: writes a database anew, without the holes that deletes left. */
export const compactVerb: VerbSpec<DbFlag & { readonly compression?: PageCompression }> = {
  usage: "compact",
  summary:
    "writes a database anew without holes and puts it in its own place; nobody else may use it meanwhile",
  example: "compact --db people.db --compression zstd",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option(
        "--compression <name>",
        `how its pages are compressed from now on: ${PAGE_COMPRESSIONS.join(", ")}; otherwise as they are`,
        oneOf("--compression", PAGE_COMPRESSIONS),
      ),
  action: (context, _args, flags) => {
    const { db, compression } = flags;
    return rewriteDatabase(db, flags, { compression }, context.signal);
  },
};

async function inPlace(source: Database, flags: DbFlag, signal: AbortSignal): Promise<BackupResult> {
  const { db: path } = flags;
  // Whoever has it open holds its lock; then nothing is changed.
  const old = await openDatabase(path, flags, { create: false, expiryIntervalMs: 0 });
  const fresh = `${path}.restore`;
  try {
    await removeDatabaseFiles(diskVfs, fresh);
    const result = await source.backup(fresh, signal);
    await old.close();
    await replaceDatabase(diskVfs, path, fresh);
    return result;
  } finally {
    await old.close();
  }
}

function shown({ collections, documents, bytes }: BackupResult): VerbResult {
  return {
    json: { collections, documents, bytes },
    text: formatFacts([
      ["collections", collections],
      ["documents", documents],
      ["size", formatByteSize(bytes)],
    ]),
  };
}
