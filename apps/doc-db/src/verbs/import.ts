import { formatByteSize, isMillraceError } from "@millrace/base";
import {
  byteSize,
  formatCount,
  formatFacts,
  UsageError,
  type VerbContext,
  type VerbResult,
  type VerbSpec,
} from "@millrace/cli";
import { decompressChunks, detectCodec } from "@millrace/compress";
import { diskVfs, fileSource, inspectInputFile, readChunks } from "@millrace/files";
import type { ImportResult } from "../collection-insert.ts";
import type { Document } from "../document/value.ts";
import { type DumpCounts, restoreDump } from "../export/dump.ts";
import { readBsonDocuments } from "../import/bson-reader.ts";
import { readCsv } from "../import/csv-reader.ts";
import { readDocuments } from "../import/document-reader.ts";
import { readSqlite } from "../import/sqlite-reader.ts";
import { DuplicateKeyError } from "../indexes/duplicate-key.ts";
import { removeDatabaseFiles } from "../maintenance/backup.ts";
import { oneOf } from "./arguments.ts";
import { byteBar } from "./byte-bar.ts";
import { openDatabase } from "./open-database.ts";
import { type PageFlags, pageFlags } from "./page-flags.ts";

const INPUT_FORMATS = ["json", "jsonl", "csv", "bson", "sqlite"] as const;
type InputFormat = (typeof INPUT_FORMATS)[number];

interface ImportFlags extends PageFlags {
  readonly db: string;
  readonly collection?: string;
  readonly format?: InputFormat;
  readonly table?: string;
  readonly strings?: boolean;
  readonly index: readonly string[];
  readonly cache: number;
}

/** `import <file>`: puts the documents of a file into a collection, all of them or none. */
export const importVerb: VerbSpec<ImportFlags> = {
  usage: "import <file>",
  summary:
    'puts JSON, CSV, BSON or rows of SQLite into a collection, all of them or none, or a directory of mongodump; "-" reads stdin',
  example: "import --db people.db --collection people --index born people.jsonl",
  flags: (command) =>
    pageFlags(
      command.requiredOption("--db <file>", "the database; made when it is missing"),
      "of a new database only",
    )
      .option("--collection <name>", "the collection, made when it is missing; only a directory needs none")
      .option(
        "--format <name>",
        `${INPUT_FORMATS.join(", ")}; otherwise the file's ending says it, JSON when it does not`,
        oneOf("--format", INPUT_FORMATS),
      )
      .option("--table <name>", "the table of an SQLite file")
      .option("--strings", "leave the numbers and booleans of CSV as text")
      .option("--index <field>", "have an index on this field; may be repeated", collect, [])
      .option("--cache <size>", "memory for pages", byteSize, 64 * 1024 * 1024),
  action: async (context, [path], flags) => {
    const startMs = performance.now();
    const { collection } = flags;
    const isNew = !(await diskVfs.exists(flags.db));
    if (collection === undefined) return importDump(context, path!, flags, isNew);
    const documents = await openDocuments(context, path!, flags);
    let result: ImportResult;
    try {
      await using db = await openDatabase(flags.db, flags, {
        cacheBytes: flags.cache,
        compression: flags.compression,
        pageBytes: flags.pageBytes,
      });
      result = await db
        .collection(collection)
        .importFrom(documents, { signal: context.signal, indexes: flags.index });
    } catch (error) {
      if (isNew) await removeDatabaseFiles(diskVfs, flags.db);
      if (error instanceof DuplicateKeyError)
        error.message = `${path === "-" ? "stdin" : path}: a document is there twice, or in the collection before: ${error.message}`;
      throw error;
    }
    const seconds = (performance.now() - startMs) / 1000;
    const documentsPerSecond = result.documents / seconds;
    return {
      json: { collection, ...result, seconds, documentsPerSecond },
      text: formatFacts([
        ["collection", collection],
        ["documents", result.documents],
        ["size", formatByteSize(result.bytes)],
        ["speed", `${formatCount(Math.round(documentsPerSecond))} documents/s`],
      ]),
    };
  },
};

/** Every collection of a directory that mongodump wrote, or "export" with BSON. */
async function importDump(
  context: VerbContext,
  path: string,
  flags: ImportFlags,
  isNew: boolean,
): Promise<VerbResult> {
  const isDirectory =
    path !== "-" && (await diskVfs.exists(path)) && (await diskVfs.stat(path)).kind === "directory";
  if (!isDirectory)
    throw new UsageError(`--collection: needed, as ${path} is no directory with a dump; give a name`);
  let counts: DumpCounts;
  try {
    const { compression, pageBytes } = flags;
    await using db = await openDatabase(flags.db, flags, { compression, pageBytes });
    counts = await restoreDump(db, diskVfs, path, context.signal, byteBar(context, "import"));
  } catch (error) {
    if (isNew) await removeDatabaseFiles(diskVfs, flags.db);
    throw error;
  }
  const { collections, documents, bytes } = counts;
  return {
    json: { collections, documents, bytes },
    text: formatFacts([
      ["collections", collections],
      ["documents", documents],
      ["size", formatByteSize(bytes)],
    ]),
  };
}

/** The documents of a file, read as they are asked for. */
async function openDocuments(
  context: VerbContext,
  path: string,
  { format = formatOf(path), table, strings }: ImportFlags,
): Promise<AsyncIterable<Document>> {
  if (format === "sqlite") {
    if (path === "-")
      throw new UsageError("--format sqlite: takes a file, as it is not read from its beginning to its end");
    await inspectInputFile(diskVfs, path);
    return readSqlite(path, table);
  }
  const { chunks, name } = await openInput(context, path);
  if (format === "csv") return readCsv(chunks, name, strings === true);
  return format === "bson" ? readBsonDocuments(chunks, name) : readDocuments(chunks, name);
}

function formatOf(path: string): InputFormat {
  const ending = /\.([a-z0-9]+)$/.exec(path.toLowerCase().replace(/\.(gz|zst)$/, ""))?.[1];
  if (ending === "csv" || ending === "bson") return ending;
  return ending === "sqlite" || ending === "sqlite3" ? "sqlite" : "json";
}

async function openInput(
  context: VerbContext,
  path: string,
): Promise<{ chunks: AsyncIterable<Uint8Array>; name: string }> {
  const report = byteBar(context, "import");
  if (path === "-") return { chunks: decompressed(process.stdin, "stdin"), name: "stdin" };
  const { size: totalBytes } = await inspectInputFile(diskVfs, path);
  const file = await fileSource(diskVfs, path);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of readChunks(file, { signal: context.signal })) {
        // A chunk is only valid until the next one; a decompressor reads ahead.
        yield chunk.slice();
        bytes += chunk.length;
        report(bytes, totalBytes);
      }
    } finally {
      await file.close();
    }
  };
  return { chunks: decompressed(counted(), path), name: path };
}

/** The chunks themselves, or what they hold when they begin like gzip or zstd. */
async function* decompressed(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const all = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield first.value;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  try {
    yield* decompressChunks(all(), detectCodec(first.value));
  } catch (error) {
    if (isMillraceError(error, "COMPRESS_DATA_CORRUPT")) error.message = `${name}: ${error.message}`;
    throw error;
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
