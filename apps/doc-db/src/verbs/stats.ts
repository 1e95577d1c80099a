import { formatByteSize } from "@millrace/base";
import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { Database } from "../database.ts";

/** `stats`: what a database holds. */
export const statsVerb: VerbSpec<{ readonly db: string }> = {
  usage: "stats",
  summary: "shows what a database holds",
  example: "stats --db people.db",
  flags: (command) => command.requiredOption("--db <file>", "the database"),
  action: async (_context, _args, flags) => {
    await using db = await Database.open(flags.db, { create: false });
    const { collections, pages, freePages, walBytes, cacheHitRate } = await db.stats();
    const facts = formatFacts([
      ["pages", pages],
      ["free pages", freePages],
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
      json: { collections, pages, freePages, walBytes, cacheHitRate },
      text: `${facts}\n\n${formatTable(["collection", "documents", "bytes", "indexes"], rows)}`,
    };
  },
};
