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
    const written = await writeBson(output, db.collection(name).find());
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

/** Puts the collections of a dump into a database: each of them whole or not at all, with its indexes and options. */
export async function restoreDump(
  db: Database,
  vfs: Vfs,
  directory: string,
  signal: AbortSignal,
): Promise<DumpCounts> {
  let [documents, bytes, collections] = [0, 0, 0];
  // What they refer to may come later.
  const foreignKeys: { readonly database: string; readonly collection: string; readonly keys: Value }[] = [];
  for (const folder of await vfs.list(directory)) {
    if (folder.kind !== "directory") continue;
    const database = decodeURIComponent(folder.name);
    for (const file of await vfs.list(join(directory, folder.name))) {
      if (!file.name.endsWith(DATA)) continue;
      const collection = decodeURIComponent(file.name.slice(0, -DATA.length));
      const path = join(directory, folder.name, file.name);
      const stored = storedName(database, collection);
      const source = await fileSource(vfs, path);
      try {
        const chunks = copied(readChunks(source, { signal }));
        const result = await db.collection(stored).importFrom(readBsonDocuments(chunks, path), { signal });
        documents += result.documents;
        bytes += result.bytes;
      } finally {
        await source.close();
      }
      const keys = await applyMetadata(
        db,
        vfs,
        `${path.slice(0, -DATA.length)}${METADATA}`,
        database,
        collection,
      );
      if (keys !== undefined) foreignKeys.push({ database, collection, keys });
      collections++;
    }
  }
  for (const { database, collection, keys } of foreignKeys)
    await db.command({ collMod: collection, foreignKeys: keys }, database);
  if (collections === 0)
    throw new CorruptDataError(
      "DOCDB_DUMP_EMPTY",
      directory,
      0,
      "no DATABASE/COLLECTION.bson in it, as mongodump makes them",
    );
  return { collections, documents, bytes };
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
