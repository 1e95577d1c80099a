import { formatFacts, type VerbSpec } from "@millrace/cli";
import { valueToJson } from "../document/extended-json.ts";
import { compileFilter } from "../query/filter.ts";
import type { SortSpec } from "../query/sort.ts";
import { checkCollection, parseObject } from "./arguments.ts";
import { openToRead } from "./open-database.ts";

interface ExplainFlags {
  readonly db: string;
  readonly collection: string;
  readonly sort?: string;
}

/** `explain [filter]`: runs a query and tells how it was answered. */
export const explainVerb: VerbSpec<ExplainFlags> = {
  usage: "explain [filter]",
  summary: "runs a query and tells which index it used and how much it read",
  example: `explain --db people.db --collection people '{"born": 1815}'`,
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .requiredOption("--collection <name>", "the collection")
      .option("--sort <fields>", 'as JSON: {"field": 1} ascending, -1 descending'),
  action: async (context, [text], flags) => {
    const filter = parseObject("filter", text ?? "{}");
    compileFilter(filter);
    const sort = flags.sort === undefined ? {} : { sort: parseObject("--sort", flags.sort) as SortSpec };
    await using db = await openToRead(flags.db, flags);
    await checkCollection(db, flags.collection);
    const cursor = db.collection(flags.collection).find(filter, sort);
    for await (const _ of cursor) context.signal.throwIfAborted();
    const { index, winningPlan, ...counts } = await cursor.explain();
    const plan = valueToJson(winningPlan);
    return {
      json: { index: index ?? null, ...counts, winningPlan: plan },
      text: formatFacts([
        ["index", index ?? "none: all documents are read"],
        ["ranges of keys", counts.ranges],
        ["keys read", counts.keysExamined],
        ["documents read", counts.documentsExamined],
        ["documents found", counts.documentsReturned],
        ["milliseconds", counts.milliseconds],
        ["plan", JSON.stringify(plan)],
      ]),
    };
  },
};
