import type { Document } from "../../document/value.ts";
import type { Scratch } from "../../storage/scratch.ts";

/** What stages know of the operation that they are part of. */
export interface StageContext {
  readonly now: Date;
  /** Documents of another collection, all or those of a filter, for `$lookup` and `$unionWith`. */
  readonly collection: (name: string, filter?: Document) => AsyncIterable<Document>;
  /** Where stages put what memory has no room for; they keep all in memory without it. */
  readonly scratch?: Scratch;
  /** Most bytes of documents that a stage keeps in memory. @default {@link DEFAULT_MEMORY_BYTES} */
  readonly memoryBytes?: number;
}

/** Bytes of documents that a stage keeps in memory where nothing else is said. */
export const DEFAULT_MEMORY_BYTES: number = 32 * 1024 * 1024;

/** One step of a pipeline: documents in, documents out, as they are asked for. */
export type Stage = (documents: AsyncIterable<Document>, context: StageContext) => AsyncIterable<Document>;

/** A source that has its documents by the batch, too. */
interface BatchedDocuments extends AsyncIterable<Document> {
  batches?(): AsyncIterable<readonly Document[]>;
}

/** The documents of a source in batches, so that whoever takes them all waits seldom. */
export function batchesOf(documents: BatchedDocuments): AsyncIterable<readonly Document[]> {
  return documents.batches?.() ?? singly(documents);
}

async function* singly(documents: AsyncIterable<Document>): AsyncGenerator<readonly Document[]> {
  for await (const document of documents) yield [document];
}

/** All documents of a source. */
export async function gatherAll(documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

/** A list as a source of documents. */
export async function* each(documents: Iterable<Document>): AsyncGenerator<Document> {
  yield* documents;
}
