import { checkOutputPath, formatTable, type VerbSpec } from "@millrace/cli";
import { byteBar } from "./byte-bar.ts";
import { openToRead } from "./open-database.ts";

/** `repair <out>`: saves what can be read of a damaged database to a new file. */
export const repairVerb: VerbSpec<{ readonly db: string }> = {
  usage: "repair <out>",
  summary: "saves what can be read to a new file; exits with 1 if something could not be read",
  example: "repair --db people.db saved.db",
  flags: (command) => command.requiredOption("--db <file>", "the damaged database, which stays as it is"),
  action: async (context, [out], flags) => {
    checkOutputPath(out!, flags.db);
    await using db = await openToRead(flags.db, flags, { expiryIntervalMs: 0 });
    const { collections, problems } = await db.rescue(out!, context.signal, byteBar(context, "repair"));
    const rows = collections.map(({ name, saved, expected }) => [name, saved, expected ?? "unknown"]);
    const table = formatTable(["collection", "saved", "expected"], rows);
    const told = problems.length === 0 ? "nothing was damaged" : problems.join("\n");
    return { json: { collections, problems }, text: `${table}\n\n${told}`, isFailure: problems.length > 0 };
  },
};
