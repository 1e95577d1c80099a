import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbResult } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { type BackupResult, removeDatabaseFiles, replaceDatabase } from "../maintenance/backup.ts";
import type { CopyOptions } from "../maintenance/copy-settings.ts";
import { type DatabaseFlags, openDatabase } from "./open-database.ts";

/** Writes a database anew and puts it in its own place; a crash leaves the one or the other, whole. */
export async function rewriteDatabase(
  path: string,
  flags: DatabaseFlags,
  pages: CopyOptions,
  signal: AbortSignal,
): Promise<VerbResult> {
  const db = await openDatabase(path, flags, { create: false });
  const fresh = `${path}.compact`;
  let result: BackupResult;
  try {
    await db.checkpoint();
    await removeDatabaseFiles(diskVfs, fresh);
    result = await db.backup(fresh, signal, pages);
  } finally {
    await db.close();
  }
  const { size: bytesBefore } = await diskVfs.stat(path);
  try {
    await replaceDatabase(diskVfs, path, fresh);
  } catch (error) {
    // The old one is whole.
    await removeDatabaseFiles(diskVfs, fresh);
    throw error;
  }
  const { bytes, collections, documents } = result;
  return {
    json: { collections, documents, bytesBefore, bytes },
    text: formatFacts([
      ["documents", documents],
      ["before", formatByteSize(bytesBefore)],
      ["now", formatByteSize(bytes)],
    ]),
  };
}
