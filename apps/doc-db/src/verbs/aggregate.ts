import type { VerbSpec } from "@millrace/cli";
import { documentStages } from "../aggregation-cursor.ts";
import { valueToJson } from "../document/extended-json.ts";
import { compilePipeline } from "../mql/pipeline/pipeline.ts";
import { checkCollection, parsePipeline } from "./arguments.ts";
import { openDatabase, openToRead } from "./open-database.ts";

interface AggregateFlags {
  readonly db: string;
  readonly collection: string;
}

/** `aggregate <pipeline>`: prints the documents that a pipeline makes, one a line. */
export const aggregateVerb: VerbSpec<AggregateFlags> = {
  usage: "aggregate <pipeline>",
  summary: "prints the documents that a pipeline of stages makes, one a line",
  example: `aggregate --db people.db --collection people '[{"$group": {"_id": "$city", "people": {"$sum": 1}}}]'`,
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .requiredOption("--collection <name>", "the collection"),
  action: async (context, [text], flags) => {
    const pipeline = parsePipeline(text!);
    // Checked before a file is touched.
    const stages = documentStages(pipeline);
    compilePipeline(stages);
    await using db =
      stages.length < pipeline.length
        ? await openDatabase(flags.db, flags, { create: false })
        : await openToRead(flags.db, flags);
    await checkCollection(db, flags.collection);
    const documents: unknown[] = [];
    let count = 0;
    for await (const document of db.collection(flags.collection).aggregate(pipeline)) {
      context.signal.throwIfAborted();
      count++;
      if (context.isJson) documents.push(valueToJson(document));
      else context.write(`${JSON.stringify(valueToJson(document))}\n`);
    }
    return { json: { documents, count } };
  },
};
