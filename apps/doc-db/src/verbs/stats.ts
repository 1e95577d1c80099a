import { formatByteSize } from "@millrace/base";
import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { PAGE_BYTES } from "../storage/page-format.ts";
import { openDatabase } from "./open-database.ts";

/** `stats`: what a database holds. */
export const statsVerb: VerbSpec<{ readonly db: string }> = {
  usage: "stats",
  summary: "shows what a database holds",
  example: "stats --db people.db",
  flags: (command) => command.requiredOption("--db <file>", "the database"),
  action: async (_context, _args, flags) => {
    await using db = await openDatabase(flags.db, flags, { create: false });
    const { collections, pages, freePages, walBytes, cacheHitRate, ...rest } = await db.stats();
    const { compression, isEncrypted, fileBytes } = rest;
    const ratio = fileBytes / (pages * PAGE_BYTES);
    const facts = formatFacts([
      ["pages", pages],
      ["free pages", freePages],
      ["file", formatByteSize(fileBytes)],
      ["of its pages", `${Math.round(100 * ratio)} %`],
      ["compression", compression],
      ["encryption", isEncrypted ? "AES-256-GCM" : "none"],
      ["log", formatByteSize(walBytes)],
      ["cache hit rate", cacheHitRate],
    ]);
    const rows = collections.map(({ name, documents, bytes, indexes }) => [
      name,
      documents,
      bytes,
      indexes.join(", "),
    ]);
    return {
      json: {
        collections,
        pages,
        freePages,
        walBytes,
        cacheHitRate,
        compression,
        isEncrypted,
        fileBytes,
        ratio,
      },
      text: `${facts}\n\n${formatTable(["collection", "documents", "bytes", "indexes"], rows)}`,
    };
  },
};
