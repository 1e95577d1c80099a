import { formatByteSize } from "@millrace/base";
import { byteSize, formatCount, formatFacts, type VerbContext, type VerbSpec } from "@millrace/cli";
import { decompressChunks, detectCodec } from "@millrace/compress";
import { diskVfs, fileSource, inspectInputFile, readChunks } from "@millrace/files";
import type { ImportResult } from "../collection.ts";
import { Database } from "../database.ts";
import { readDocuments } from "../import/document-reader.ts";

interface ImportFlags {
  readonly db: string;
  readonly collection: string;
  readonly index: readonly string[];
  readonly cache: number;
}

/** `import <file>`: puts the documents of a file into a collection, all of them or none. */
export const importVerb: VerbSpec<ImportFlags> = {
  usage: "import <file>",
  summary: 'puts JSON documents into a collection, all of them or none; "-" reads stdin',
  example: "import --db people.db --collection people --index born people.jsonl",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database; made when it is missing")
      .requiredOption("--collection <name>", "the collection; made when it is missing")
      .option("--index <field>", "have an index on this field; may be repeated", collect, [])
      .option("--cache <size>", "memory for pages", byteSize, 64 * 1024 * 1024),
  action: async (context, [path], flags) => {
    const startMs = performance.now();
    const { chunks, name } = await openInput(context, path!);
    const isNew = !(await diskVfs.exists(flags.db));
    let result: ImportResult;
    try {
      await using db = await Database.open(flags.db, { cacheBytes: flags.cache });
      result = await db
        .collection(flags.collection)
        .importFrom(readDocuments(chunks, name), { signal: context.signal, indexes: flags.index });
    } catch (error) {
      if (isNew) await removeDatabase(flags.db);
      throw error;
    }
    const seconds = (performance.now() - startMs) / 1000;
    const documentsPerSecond = result.documents / seconds;
    return {
      json: { collection: flags.collection, ...result, seconds, documentsPerSecond },
      text: formatFacts([
        ["collection", flags.collection],
        ["documents", result.documents],
        ["size", formatByteSize(result.bytes)],
        ["speed", `${formatCount(Math.round(documentsPerSecond))} documents/s`],
      ]),
    };
  },
};

/** Removes a database that this import made and could not fill. */
async function removeDatabase(path: string): Promise<void> {
  for (const name of [path, `${path}-spill`, `${path}-wal`]) {
    // The failure that brought us here is the one to be told of; what cannot be removed is empty of documents.
    await diskVfs.remove(name, { recursive: true }).catch(() => {});
  }
}

async function openInput(
  context: VerbContext,
  path: string,
): Promise<{ chunks: AsyncIterable<Uint8Array>; name: string }> {
  const bar = context.progress("import");
  const startMs = performance.now();
  if (path === "-") return { chunks: decompressed(process.stdin), name: "stdin" };
  const { size: totalBytes } = await inspectInputFile(diskVfs, path);
  const file = await fileSource(diskVfs, path);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of readChunks(file, { signal: context.signal })) {
        // A chunk is only valid until the next one; a decompressor reads ahead.
        yield chunk.slice();
        bytes += chunk.length;
        const bytesPerSecond = bytes / ((performance.now() - startMs) / 1000);
        bar.update({ bytes, totalBytes, bytesPerSecond, secondsLeft: (totalBytes - bytes) / bytesPerSecond });
      }
    } finally {
      await file.close();
    }
  };
  return { chunks: decompressed(counted()), name: path };
}

/** The chunks themselves, or what they hold when they begin like gzip or zstd. */
async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
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
  yield* decompressChunks(all(), detectCodec(first.value));
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
