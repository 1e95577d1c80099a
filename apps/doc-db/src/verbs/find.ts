import { integerBetween, type VerbSpec } from "@millrace/cli";
import { valueToJson } from "../document/extended-json.ts";
import { compileFilter } from "../query/filter.ts";
import type { SortSpec } from "../query/sort.ts";
import { compileSort } from "../query/sort.ts";
import { checkCollection, parseObject } from "./arguments.ts";
import { openToRead } from "./open-database.ts";

interface FindFlags {
  readonly db: string;
  readonly collection: string;
  readonly sort?: string;
  readonly skip: number;
  readonly limit: number;
  readonly explain?: boolean;
}

/** `find [filter]`: prints the documents that match, one a line. */
export const findVerb: VerbSpec<FindFlags> = {
  usage: "find [filter]",
  summary: "prints the documents that match a filter, one a line",
  example: `find --db people.db --collection people '{"born": {"$lt": 1900}}' --sort '{"born": -1}' --limit 10`,
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .requiredOption("--collection <name>", "the collection")
      .option("--sort <fields>", 'as JSON: {"field": 1} ascending, -1 descending')
      .option("--skip <n>", "leave out this many", integerBetween(0, Number.MAX_SAFE_INTEGER), 0)
      .option(
        "--limit <n>",
        "print this many at the most; 0 for all",
        integerBetween(0, Number.MAX_SAFE_INTEGER),
        0,
      )
      .option("--explain", "tell which index was used and how much was read, in place of the documents"),
  action: async (context, [text], flags) => {
    const filter = parseObject("filter", text ?? "{}");
    // Both are checked before a file is touched.
    compileFilter(filter);
    const sort = flags.sort === undefined ? undefined : (parseObject("--sort", flags.sort) as SortSpec);
    if (sort !== undefined) compileSort(sort);
    await using db = await openToRead(flags.db, flags);
    await checkCollection(db, flags.collection);
    const { skip, limit } = flags;
    const cursor = db
      .collection(flags.collection)
      .find(filter, { skip, limit, ...(sort === undefined ? {} : { sort }) });
    const documents: unknown[] = [];
    let count = 0;
    for await (const document of cursor) {
      context.signal.throwIfAborted();
      count++;
      if (flags.explain === true) continue;
      if (context.isJson) documents.push(valueToJson(document));
      else context.write(`${JSON.stringify(valueToJson(document))}\n`);
    }
    if (flags.explain === true) {
      const { index, ...rest } = await cursor.explain();
      const explanation = { index: index ?? null, ...rest };
      return { json: { explanation, count }, text: JSON.stringify(explanation) };
    }
    return { json: { documents, count } };
  },
};
