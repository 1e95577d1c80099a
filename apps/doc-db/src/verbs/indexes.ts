import { formatTable, UsageError, type VerbSpec } from "@millrace/cli";
import { valueToJson } from "../document/extended-json.ts";
import { checkCollection, parseObject } from "./arguments.ts";
import { openDatabase, openToRead } from "./open-database.ts";

interface IndexesFlags {
  readonly db: string;
  readonly collection?: string;
  readonly create?: string;
  readonly options?: string;
  readonly drop?: string;
}

/** `indexes`: lists the indexes of a database or collection, makes one, or drops one. */
export const indexesVerb: VerbSpec<IndexesFlags> = {
  usage: "indexes",
  summary: "lists indexes; with --create or --drop changes them first",
  example: `indexes --db people.db --collection people --create '{"born": -1}' --options '{"unique": true}'`,
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option("--collection <name>", "only this one's")
      .option("--create <key>", "make an index on these fields")
      .option("--options <options>", 'of the new index: {"unique": true, "name": "n", …}')
      .option("--drop <name>", "take this index out"),
  action: async (_context, _args, flags) => {
    const { collection, create, drop } = flags;
    if (collection === undefined && (create ?? drop) !== undefined)
      throw new UsageError("--collection: needed to say whose index is made or dropped");
    const key = create === undefined ? undefined : parseObject("--create", create);
    const options = flags.options === undefined ? {} : parseObject("--options", flags.options);
    const isChange = (create ?? drop) !== undefined;
    await using db = isChange
      ? await openDatabase(flags.db, flags, { create: false })
      : await openToRead(flags.db, flags);
    if (collection !== undefined) await checkCollection(db, collection);
    if (key !== undefined) await db.collection(collection!).createIndex(key, options);
    if (drop !== undefined) await db.collection(collection!).dropIndex(drop);
    const names =
      collection === undefined ? (await db.stats()).collections.map(({ name }) => name) : [collection];
    const found: { collection: string; name: string; key: string; options: string; json: unknown }[] = [];
    for (const name of names) {
      for (const spec of await db.collection(name).listIndexes()) {
        const { v: _, key: fields, name: indexName, ...rest } = spec;
        const shown = JSON.stringify(valueToJson(rest));
        found.push({
          collection: name,
          name: String(indexName),
          key: JSON.stringify(valueToJson(fields!)),
          options: shown === "{}" ? "" : shown,
          json: valueToJson(spec),
        });
      }
    }
    return {
      json: { indexes: found.map(({ collection: of, json }) => ({ collection: of, ...(json as object) })) },
      text: formatTable(
        ["collection", "index", "key", "options"],
        found.map((each) => [each.collection, each.name, each.key, each.options]),
      ),
    };
  },
};
