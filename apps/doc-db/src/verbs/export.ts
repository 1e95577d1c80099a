import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbSpec } from "@millrace/cli";
import { AtomicFile, diskVfs } from "@millrace/files";
import { Database } from "../database.ts";
import { valueToJson } from "../document/extended-json.ts";
import { compileFilter } from "../query/filter.ts";
import { checkCollection, parseObject } from "./arguments.ts";

interface ExportFlags {
  readonly db: string;
  readonly collection: string;
  readonly filter: string;
}

/** Bytes of lines gathered before they are written. */
const WRITE_BYTES = 256 * 1024;

/** `export <file>`: writes the documents of a collection to a file, a line each; whole or not at all. */
export const exportVerb: VerbSpec<ExportFlags> = {
  usage: "export <file>",
  summary: "writes documents as Extended JSON, one a line; the file is there whole or not at all",
  example: "export --db people.db --collection people people.jsonl",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .requiredOption("--collection <name>", "the collection")
      .option("--filter <filter>", "only the documents that match", "{}"),
  action: async (context, [path], flags) => {
    const filter = parseObject("--filter", flags.filter);
    compileFilter(filter);
    await using db = await Database.open(flags.db, { create: false });
    await checkCollection(db, flags.collection);
    await using output = await AtomicFile.create(diskVfs, path!);
    let documents = 0;
    let bytes = 0;
    let lines = "";
    const flush = async (): Promise<void> => {
      const encoded = Buffer.from(lines);
      lines = "";
      bytes += encoded.length;
      await output.write(encoded);
    };
    for await (const document of db.collection(flags.collection).find(filter)) {
      context.signal.throwIfAborted();
      lines += `${JSON.stringify(valueToJson(document))}\n`;
      documents++;
      if (lines.length > WRITE_BYTES) await flush();
    }
    await flush();
    await output.commit();
    return {
      json: { collection: flags.collection, documents, bytes },
      text: formatFacts([
        ["collection", flags.collection],
        ["documents", documents],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
