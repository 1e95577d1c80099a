/** Whole databases in the layout of mongodump: `DATABASE/COLLECTION.bson` and `….metadata.json` beside it. */
import { join } from "node:path";
import { CorruptDataError } from "@millrace/base";
import { AtomicFile, atomicWrite, fileSource, readChunks, type Vfs } from "@millrace/files";
import { encodeBson } from "../bson/encode.ts";
import { FEED_COLLECTION } from "../changes/feed.ts";
import type { Database } from "../database.ts";
import { documentFromJson, valueToJson } from "../document/extended-json.ts";
import type { Document, Value } from "../document/value.ts";
import { readBsonDocuments } from "../import/bson-reader.ts";
import { namespaceOf, storedName } from "../names.ts";
import type { ReportBytes } from "../report-bytes.ts";

/** What went through. */
export interface DumpCounts {
  readonly collections: number;
  readonly documents: number;
  readonly bytes: number;
}

/** Bytes gathered before they are written. */
const WRITE_BYTES = 256 * 1024;
const DATA = ".bson";
const METADATA = ".metadata.json";

/** Writes documents as BSON, one behind the other. @returns counts of documents and bytes */
export async function writeBson(
  output: AtomicFile,
  documents: AsyncIterable<Document>,
  signal?: AbortSignal,
): Promise<{ documents: number; bytes: number }> {
  let [count, bytes, waiting] = [0, 0, 0];
  let parts: Uint8Array[] = [];
  const flush = async (): Promise<void> => {
    await output.write(Buffer.concat(parts));
    bytes += waiting;
    parts = [];
    waiting = 0;
  };
  for await (const document of documents) {
    signal?.throwIfAborted();
    const encoded = encodeBson(document);
    parts.push(encoded);
    waiting += encoded.length;
    count++;
    if (waiting > WRITE_BYTES) await flush();
  }
  await flush();
  return { documents: count, bytes };
}

/** Writes all collections of a database to a directory, each file whole or not at all. */
export async function dumpDatabase(
  db: Database,
  vfs: Vfs,
  directory: string,
  signal: AbortSignal,
): Promise<DumpCounts> {
  let [documents, bytes, collections] = [0, 0, 0];
  await vfs.makeDirectory(directory);
  for (const { name } of (await db.stats()).collections) {
    if (name === FEED_COLLECTION) continue;
    signal.throwIfAborted();
    const { database, collection } = namespaceOf(name);
    const folder = join(directory, encodeURIComponent(database));
    await vfs.makeDirectory(folder);
    const path = join(folder, encodeURIComponent(collection));
    await using output = await AtomicFile.create(vfs, `${path}${DATA}`);
    const written = await writeBson(output, db.collection(name).find(), signal);
    await output.commit();
    const reply = await db.command({ listCollections: 1, filter: { name: collection } }, database);
    const [info] = (reply.cursor as Document).firstBatch as readonly Document[];
    const metadata = {
      indexes: (await db.collection(name).listIndexes()).map((spec) => valueToJson(spec)),
      collectionName: collection,
      type: "collection",
      options: valueToJson(info?.options ?? {}),
    };
    await atomicWrite(vfs, `${path}${METADATA}`, Buffer.from(JSON.stringify(metadata)));
    documents += written.documents;
    bytes += written.bytes;
    collections++;
  }
  return { collections, documents, bytes };
}

/** The documents of one collection in a dump. */
interface DumpFile {
  readonly path: string;
  readonly database: string;
  readonly collection: string;
  readonly size: number;
}

async function dumpFilesIn(vfs: Vfs, directory: string): Promise<DumpFile[]> {
  const files: DumpFile[] = [];
  for (const folder of await vfs.list(directory)) {
    if (folder.kind !== "directory") continue;
    for (const { name } of await vfs.list(join(directory, folder.name))) {
      if (!name.endsWith(DATA)) continue;
      const path = join(directory, folder.name, name);
      const { size } = await vfs.stat(path);
      const collection = decodeURIComponent(name.slice(0, -DATA.length));
      files.push({ path, database: decodeURIComponent(folder.name), collection, size });
    }
  }
  return files;
}

/**
 * Puts the collections of a dump into a database: each of them whole or not at all, with its indexes and options.
 * @param onProgress - told how many bytes of all files were read
 */
export async function restoreDump(
  db: Database,
  vfs: Vfs,
  directory: string,
  signal: AbortSignal,
  onProgress: ReportBytes = () => {},
): Promise<DumpCounts> {
  const files = await dumpFilesIn(vfs, directory);
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let [documents, bytes, readBytes] = [0, 0, 0];
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of copied(chunks)) {
      yield chunk;
      readBytes += chunk.length;
      onProgress(Math.min(readBytes, totalBytes), totalBytes);
    }
  };
  // What they refer to may come later.
  const foreignKeys: { readonly database: string; readonly collection: string; readonly keys: Value }[] = [];
  for (const { path, database, collection } of files) {
    const source = await fileSource(vfs, path);
    try {
      const chunks = counted(readChunks(source, { signal }));
      const target = db.collection(storedName(database, collection));
      const result = await target.importFrom(readBsonDocuments(chunks, path), { signal });
      documents += result.documents;
      bytes += result.bytes;
    } finally {
      await source.close();
    }
    const metadata = `${path.slice(0, -DATA.length)}${METADATA}`;
    const keys = await applyMetadata(db, vfs, metadata, database, collection);
    if (keys !== undefined) foreignKeys.push({ database, collection, keys });
  }
  for (const { database, collection, keys } of foreignKeys)
    await db.command({ collMod: collection, foreignKeys: keys }, database);
  if (files.length === 0)
    throw new CorruptDataError(
      "DOCDB_DUMP_EMPTY",
      directory,
      0,
      "no DATABASE/COLLECTION.bson in it, as mongodump makes them; name the directory above those of the databases",
    );
  return { collections: files.length, documents, bytes };
}

/** @returns the foreign keys, which are not applied */
async function applyMetadata(
  db: Database,
  vfs: Vfs,
  path: string,
  database: string,
  collection: string,
): Promise<Value | undefined> {
  if (!(await vfs.exists(path))) return undefined;
  let metadata: Document;
  try {
    const source = await fileSource(vfs, path);
    const parts: Uint8Array[] = [];
    for await (const chunk of copied(readChunks(source))) parts.push(chunk);
    await source.close();
    metadata = documentFromJson(JSON.parse(Buffer.concat(parts).toString()));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new CorruptDataError("DOCDB_DUMP_METADATA", path, 0, problem, { cause: error });
  }
  const indexes = ((metadata.indexes ?? []) as readonly Document[])
    .filter(({ name }) => name !== "_id_")
    // Fields of older servers that say nothing here.
    .map(({ ns: _, background: __, ...spec }) => spec);
  if (indexes.length > 0) await db.command({ createIndexes: collection, indexes }, database);
  const options = metadata.options as Document | undefined;
  const kept = ["validator", "validationLevel", "validationAction", "checks"].filter(
    (name) => options?.[name] !== undefined,
  );
  const changes = Object.fromEntries(kept.map((name): [string, Value] => [name, options![name]!]));
  if (kept.length > 0) await db.command({ collMod: collection, ...changes }, database);
  return options?.foreignKeys;
}

/** A chunk is valid until the next one only, and documents may need both. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice();
}
