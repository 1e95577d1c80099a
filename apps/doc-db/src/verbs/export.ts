import { formatByteSize } from "@millrace/base";
import {
  checkOutputPath,
  formatFacts,
  UsageError,
  type VerbContext,
  type VerbResult,
  type VerbSpec,
} from "@millrace/cli";
import { AtomicFile, diskVfs } from "@millrace/files";
import type { Document } from "../document/value.ts";
import { dumpDatabase, writeBson } from "../export/dump.ts";
import { writeSqlite } from "../export/sqlite-writer.ts";
import { ARRAY, csvWriter, LINES, type TextWriter } from "../export/text-writers.ts";
import { compileFilter } from "../query/filter.ts";
import { checkCollection, oneOf, parseObject } from "./arguments.ts";
import { byteBar } from "./byte-bar.ts";
import { openToRead } from "./open-database.ts";

const OUTPUT_FORMATS = ["lines", "array", "csv", "bson", "sqlite"] as const;
type OutputFormat = (typeof OUTPUT_FORMATS)[number];

interface ExportFlags {
  readonly db: string;
  readonly collection?: string;
  readonly filter: string;
  readonly format?: OutputFormat;
  readonly fields?: string;
}

/** Bytes of text gathered before they are written. */
const WRITE_BYTES = 256 * 1024;

/** Documents from one word of the progress to the next. */
const REPORTED_DOCUMENTS = 1000;

/** What was written. */
interface Written {
  readonly documents: number;
  readonly bytes: number;
}

/** `export <out>`: writes the documents of a collection to a file, whole or not at all, or all to a directory. */
export const exportVerb: VerbSpec<ExportFlags> = {
  usage: "export <out>",
  summary:
    "writes documents to a file, which is there whole or not at all, or to stdout (-); without --collection all to a directory",
  example: "export --db people.db --collection people people.jsonl",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option(
        "--collection <name>",
        "the collection; without it all of them go to a directory, as mongodump writes it",
      )
      .option("--filter <filter>", "only the documents that match", "{}")
      .option(
        "--format <name>",
        `${OUTPUT_FORMATS.join(", ")}; otherwise the file's ending says it, JSON lines when it does not`,
        oneOf("--format", OUTPUT_FORMATS),
      )
      .option(
        "--fields <paths>",
        "the columns of CSV and SQLite, with commas between; otherwise all top-level fields",
      ),
  action: async (context, [path], flags) => {
    const { collection: name, format = formatOf(path!) } = flags;
    checkOutputPath(path!, flags.db);
    if (path === "-") checkStdout(context, name, format);
    const filter = parseObject("--filter", flags.filter);
    compileFilter(filter);
    await using db = await openToRead(flags.db, flags);
    if (name === undefined) {
      if (flags.format !== undefined && format !== "bson")
        throw new UsageError("--collection: needed for any format but bson, which goes to a directory");
      if (ENDING.test(path!))
        throw new UsageError(
          `--collection: needed, as ${path} is one file; all collections go to a directory`,
        );
      return shown(await dumpDatabase(db, diskVfs, path!, context.signal));
    }
    await checkCollection(db, name);
    const held = (await db.stats()).collections.find((one) => one.name === name);
    const isAll = Object.keys(filter).length === 0 && path !== "-";
    const report = isAll ? byteBar(context, "export") : () => {};
    const found = async function* (): AsyncGenerator<Document> {
      let count = 0;
      for await (const document of db.collection(name).find(filter)) {
        context.signal.throwIfAborted();
        yield document;
        if (++count % REPORTED_DOCUMENTS === 0) report((held!.bytes * count) / held!.documents, held!.bytes);
      }
    };
    const written = await write(context, name, found, format, path!, flags.fields);
    return path === "-" ? undefined : shown({ collection: name, ...written });
  },
};

/** @throws UsageError for what does not go to stdout */
function checkStdout({ isJson }: VerbContext, collection: string | undefined, format: OutputFormat): void {
  if (isJson) throw new UsageError("export -: with --json stdout is taken; name a file");
  if (collection === undefined)
    throw new UsageError("--collection: needed, a directory is no text for stdout");
  if (format === "bson" || format === "sqlite")
    throw new UsageError(`--format ${format}: is no text for stdout; name a file`);
}

async function write(
  context: VerbContext,
  collection: string,
  found: () => AsyncGenerator<Document>,
  format: OutputFormat,
  path: string,
  fields: string | undefined,
): Promise<Written> {
  const columns = async (): Promise<readonly string[]> => fields?.split(",") ?? (await fieldsOf(found()));
  if (format === "sqlite") return writeTable(path, collection, await columns(), found());
  const writer = format === "csv" ? csvWriter(await columns()) : format === "array" ? ARRAY : LINES;
  if (path === "-") {
    const decoder = new TextDecoder();
    return writeText({ write: async (bytes) => context.write(decoder.decode(bytes)) }, writer, found());
  }
  await using output = await AtomicFile.create(diskVfs, path);
  const written =
    format === "bson" ? await writeBson(output, found()) : await writeText(output, writer, found());
  await output.commit();
  return written;
}

async function writeText(
  output: { write(bytes: Uint8Array): Promise<unknown> },
  writer: TextWriter,
  found: AsyncIterable<Document>,
): Promise<Written> {
  let documents = 0;
  let bytes = 0;
  let text = writer.begin;
  const flush = async (): Promise<void> => {
    const encoded = Buffer.from(text);
    text = "";
    bytes += encoded.length;
    await output.write(encoded);
  };
  for await (const document of found) {
    text += writer.document(document, documents++);
    if (text.length > WRITE_BYTES) await flush();
  }
  text += writer.end;
  await flush();
  return { documents, bytes };
}

/** SQLite writes its file itself: under another name until it is whole. */
async function writeTable(
  path: string,
  table: string,
  columns: readonly string[],
  found: AsyncIterable<Document>,
): Promise<Written> {
  const part = `${path}.part`;
  if (await diskVfs.exists(part)) await diskVfs.remove(part);
  try {
    const documents = await writeSqlite(part, table, columns, found);
    await diskVfs.rename(part, path);
    return { documents, bytes: (await diskVfs.stat(path)).size };
  } catch (error) {
    // The failure that brought us here is the one to be told of.
    await diskVfs.remove(part).catch(() => {});
    throw error;
  }
}

/** All top-level fields, in the order in which they first come. */
async function fieldsOf(found: AsyncIterable<Document>): Promise<string[]> {
  const names = new Set<string>();
  for await (const document of found) for (const name of Object.keys(document)) names.add(name);
  return [...names];
}

/** Of a file, not of a directory. */
const ENDING = /\.(jsonl?|csv|bson|sqlite3?)$/i;

function formatOf(path: string): OutputFormat {
  const ending = /\.([a-z0-9]+)$/.exec(path.toLowerCase())?.[1];
  if (ending === "json") return "array";
  if (ending === "csv" || ending === "bson") return ending;
  return ending === "sqlite" || ending === "sqlite3" ? "sqlite" : "lines";
}

function shown(
  counts: Written & { readonly collection?: string; readonly collections?: number },
): VerbResult {
  const { collection, collections, documents, bytes } = counts;
  return {
    json: counts,
    text: formatFacts([
      ["collection", collection],
      ["collections", collections],
      ["documents", documents],
      ["size", formatByteSize(bytes)],
    ]),
  };
}
