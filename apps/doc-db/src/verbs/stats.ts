import { formatByteSize } from "@millrace/base";
import { formatFacts, formatTable, UsageError, type VerbSpec } from "@millrace/cli";
import { toPrometheusText } from "@millrace/metrics";
import { databaseMetrics } from "../database-metrics.ts";
import { openToRead } from "./open-database.ts";

/** `stats`: what a database holds. */
export const statsVerb: VerbSpec<{ readonly db: string; readonly prometheus?: boolean }> = {
  usage: "stats",
  summary: "shows what a database holds",
  example: "stats --db people.db",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option("--prometheus", "as metrics, in the text format of Prometheus"),
  action: async (context, _args, flags) => {
    const isPrometheus = flags.prometheus === true;
    if (isPrometheus && context.isJson) throw new UsageError("--json, --prometheus: give one of them");
    await using db = await openToRead(flags.db, flags);
    const stats = await db.stats();
    const { collections, pages, pageBytes, freePages, walBytes, cacheHitRate, ...rest } = stats;
    const { compression, isEncrypted, fileBytes } = rest;
    const ratio = fileBytes / (pages * pageBytes);
    const facts = formatFacts([
      ["pages", `${pages} of ${formatByteSize(pageBytes)}`],
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
        pageBytes,
        freePages,
        walBytes,
        cacheHitRate,
        compression,
        isEncrypted,
        fileBytes,
        ratio,
      },
      text: isPrometheus
        ? toPrometheusText(databaseMetrics(stats)).trimEnd()
        : `${facts}\n\n${formatTable(["collection", "documents", "bytes", "indexes"], rows)}`,
    };
  },
};
