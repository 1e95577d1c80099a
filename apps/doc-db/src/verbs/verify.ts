import { formatFacts, type VerbSpec } from "@millrace/cli";
import { byteBar } from "./byte-bar.ts";
import { openToRead } from "./open-database.ts";

/** Problems shown to people; programs get all. */
const SHOWN = 20;

/** `verify`: reads every page, and compares indexes and counts with the documents. */
export const verifyVerb: VerbSpec<{ readonly db: string }> = {
  usage: "verify",
  summary:
    "checks every page, and all indexes and counts against the documents; exits with 1 if something is wrong",
  example: "verify --db people.db",
  flags: (command) => command.requiredOption("--db <file>", "the database"),
  action: async (context, _args, flags) => {
    await using db = await openToRead(flags.db, flags);
    const problems = await db.checkPages(context.signal, byteBar(context, "verify"));
    // Trees with broken pages cannot be walked.
    if (problems.length === 0) problems.push(...(await db.verify()));
    const { pages, collections } =
      problems.length === 0 ? await db.stats() : { pages: null, collections: [] };
    const documents = collections.reduce((sum, { documents: count }) => sum + count, 0);
    const text =
      problems.length === 0
        ? formatFacts([
            ["pages", pages ?? 0],
            ["collections", collections.length],
            ["documents", documents],
            ["problems", "none"],
          ])
        : [
            ...problems.slice(0, SHOWN),
            ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : []),
            `${problems.length} problems; "repair" saves what can be read to another file`,
          ].join("\n");
    return {
      json: { pages: pages ?? 0, collections: collections.length, documents, problems },
      text,
      isFailure: problems.length > 0,
    };
  },
};
