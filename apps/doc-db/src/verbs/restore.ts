import { formatByteSize, isMillraceError, MillraceError } from "@millrace/base";
import {
  checkOutputPath,
  formatFacts,
  integerBetween,
  UsageError,
  type VerbContext,
  type VerbResult,
  type VerbSpec,
} from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { type BackupResult, removeDatabaseFiles, replaceDatabase } from "../maintenance/backup.ts";
import type { SecretOptions } from "../options.ts";
import { restoreDatabase } from "../ship/restore.ts";
import { shownBackup } from "./backup.ts";
import { byteBar } from "./byte-bar.ts";
import { openDatabase, openToRead, PASSWORD_VARIABLE, passwordIn } from "./open-database.ts";

interface RestoreFlags {
  readonly db?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly at?: Date;
  readonly lsn?: number;
  readonly passwordFile?: string;
}

/** `restore <file>`: makes a database of a backup, or of what was shipped, as it was at a moment. */
export const restoreVerb: VerbSpec<RestoreFlags> = {
  usage: "restore <file>",
  summary: "checks a backup and makes a database of it; with --from, makes the file of what was shipped",
  example: "restore --from /backups/people --at 2026-11-21T12:00:00Z people-at-noon.db",
  flags: (command) =>
    command
      .option("--db <file>", "the database to be made of the backup <file>")
      .option("--force", "put it in the place of a database that is there")
      .option("--from <target>", "where a database was shipped to: a directory, or s3://BUCKET/PREFIX")
      .option("--at <time>", "as it was then: 2026-11-21T12:00:00Z; otherwise the newest", timeOf)
      .option(
        "--lsn <n>",
        "with all records of the log up to this one",
        integerBetween(0, Number.MAX_SAFE_INTEGER),
      ),
  action: async (context, [file], flags) => {
    const { db, from, at, lsn } = flags;
    if (from !== undefined) return restoreShipped(context, file!, from, flags);
    if (at !== undefined || lsn !== undefined)
      throw new UsageError("--at and --lsn need --from, the target that the database is shipped to");
    if (db === undefined) throw new UsageError("--db: name the database to be made, or --from a target");
    checkOutputPath(db, file!);
    return restoreBackup(context, file!, { ...flags, db });
  },
};

async function restoreShipped(
  context: VerbContext,
  path: string,
  from: string,
  { at, lsn, db, force, passwordFile }: RestoreFlags,
): Promise<VerbResult> {
  if (db !== undefined || force === true)
    throw new UsageError("--from makes a new file, <file>; leave --db and --force out");
  if (at !== undefined && lsn !== undefined) throw new UsageError("--at and --lsn: give one of them");
  const secret = await secretOfShipped(passwordFile);
  const options = { at, lsn, signal: context.signal, onProgress: byteBar(context, "restore") };
  const result = await restoreDatabase(from, path, { ...options, ...secret }).catch((error: unknown) => {
    // A password in the environment is for those files that need one.
    if (passwordFile === undefined && isMillraceError(error, "DOCDB_PASSWORD_UNUSED"))
      return restoreDatabase(from, path, options);
    throw error;
  });
  const { line, records, bytes } = result;
  const reached = result.at.toISOString();
  return {
    json: { file: path, at: reached, lsn: result.lsn, line, records, bytes },
    text: formatFacts([
      ["file", path],
      ["as it was at", reached],
      ["last record", result.lsn],
      ["line", line],
      ["records added", records],
      ["size", formatByteSize(bytes)],
    ]),
  };
}

async function secretOfShipped(passwordFile: string | undefined): Promise<SecretOptions> {
  if (passwordFile !== undefined) return { password: await passwordIn(passwordFile, "--password-file") };
  const password = process.env[PASSWORD_VARIABLE];
  return password === undefined || password === "" ? {} : { password };
}

async function restoreBackup(
  context: VerbContext,
  backup: string,
  flags: RestoreFlags & { readonly db: string },
): Promise<VerbResult> {
  const isThere = await diskVfs.exists(flags.db);
  if (isThere && flags.force !== true)
    throw new MillraceError(
      "DOCDB_BACKUP_EXISTS",
      `${flags.db}: is there already; --force puts the backup in its place`,
    );
  let result: BackupResult;
  {
    await using source = await openToRead(backup, flags, { expiryIntervalMs: 0 });
    const problems = await source.checkPages(context.signal, byteBar(context, "verify"));
    if (problems.length === 0) problems.push(...(await source.verify()));
    if (problems.length > 0)
      throw new MillraceError("DOCDB_BACKUP_DAMAGED", `${backup}: ${problems[0]}; nothing was changed`);
    const copy = (path: string): Promise<BackupResult> =>
      source.backup(path, context.signal, { onProgress: byteBar(context, "restore") });
    result = isThere ? await inPlace(copy, flags) : await copy(flags.db);
  }
  return shownBackup(result);
}

async function inPlace(
  copy: (path: string) => Promise<BackupResult>,
  flags: { readonly db: string },
): Promise<BackupResult> {
  const { db: path } = flags;
  // Whoever has it open holds its lock; then nothing is changed.
  const old = await openDatabase(path, flags, { create: false, expiryIntervalMs: 0 });
  const fresh = `${path}.restore`;
  try {
    await removeDatabaseFiles(diskVfs, fresh);
    const result = await copy(fresh);
    await old.close();
    await replaceDatabase(diskVfs, path, fresh);
    return result;
  } finally {
    await old.close();
  }
}

/** @throws UsageError for anything but a time with its zone */
function timeOf(text: string): Date {
  const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const time = new Date(text);
  if (isWhole && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(`--at: got "${text}", expected a time with its zone, as 2026-11-21T12:00:00Z`);
}
