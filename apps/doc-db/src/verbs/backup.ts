import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbResult, type VerbSpec } from "@millrace/cli";
import type { BackupResult } from "../maintenance/backup.ts";
import { byteBar } from "./byte-bar.ts";
import { openToRead } from "./open-database.ts";
import { type PageFlags, pageFlags } from "./page-flags.ts";
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
    await using db = await openToRead(flags.db, flags);
    return shownBackup(await db.backup(out!, context.signal, { onProgress: byteBar(context, "backup") }));
  },
};

/** `compact`: writes a database anew, without the holes that deletes left. */
export const compactVerb: VerbSpec<DbFlag & PageFlags> = {
  usage: "compact",
  summary:
    "writes a database anew without holes and puts it in its own place; nobody else may use it meanwhile",
  example: "compact --db people.db --compression zstd",
  flags: (command) =>
    pageFlags(command.requiredOption("--db <file>", "the database"), "otherwise as they are"),
  action: (context, _args, flags) => {
    const { db, compression, pageBytes } = flags;
    const onProgress = byteBar(context, "compact");
    return rewriteDatabase(db, flags, { compression, pageBytes, onProgress }, context.signal);
  },
};

/** What a copy holds, to be shown. */
export function shownBackup({ collections, documents, bytes }: BackupResult): VerbResult {
  return {
    json: { collections, documents, bytes },
    text: formatFacts([
      ["collections", collections],
      ["documents", documents],
      ["size", formatByteSize(bytes)],
    ]),
  };
}
