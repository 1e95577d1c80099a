import { formatFacts, type VerbSpec } from "@millrace/cli";
import { openDatabase } from "./open-database.ts";

/** `ship`: brings a target of replicas and restores up to date with a database that nobody has open. */
export const shipVerb: VerbSpec<{ readonly db: string; readonly to: string }> = {
  usage: "ship",
  summary: "sends a copy and the log of a database to a directory or bucket, for restores and replicas",
  example: "ship --db people.db --to s3://backups/people",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .requiredOption(
        "--to <target>",
        "a directory, or s3://BUCKET/PREFIX; keys and endpoint are AWS_… variables",
      ),
  action: async (_context, _args, flags) => {
    await using db = await openDatabase(flags.db, flags, {
      create: false,
      expiryIntervalMs: 0,
      ship: { to: flags.to, intervalMs: 2 ** 31 - 1 },
    });
    await db.sync();
    const { target, line, lsn, at, bases } = (await db.stats()).ship!;
    const shippedUntil = at?.toISOString() ?? "";
    return {
      json: { target, line, lsn, at: shippedUntil, bases },
      text: formatFacts([
        ["target", target],
        ["line", line],
        ["last record", lsn],
        ["of", shippedUntil],
        ["copies", bases],
      ]),
    };
  },
};
