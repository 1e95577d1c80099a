import type { Results } from "../command/read-commands.ts";
import { encodeDocument } from "../document/encode.ts";
import { type Document, isDocument } from "../document/value.ts";
import type { FindOptions } from "../find-options.ts";
import { parseCollation, withCollation } from "../mql/collation.ts";
import { compilePipeline } from "../mql/pipeline/pipeline.ts";
import { compileProjection } from "../mql/project/projection.ts";
import { storedName } from "../names.ts";
import { ExternalSort } from "../query/external-sort.ts";
import { compileSort, type SortSpec } from "../query/sort.ts";
import type { Scratch } from "../storage/scratch.ts";
import { compileQuery, matchesOf } from "./matches.ts";
import { findInfo, tableOf } from "./tables.ts";
import { type PostgresTarget, unsupported } from "./target.ts";

/** Bytes of documents that a sort keeps in memory. */
const SORT_BYTES = 32 * 1024 * 1024;

/** What `find` gives. */
export function findDocuments(
  target: PostgresTarget,
  stored: string,
  filter: Document,
  options: FindOptions,
): Results {
  const { projection = {}, collation } = options;
  const query = compileQuery(filter, collation);
  const project =
    Object.keys(projection).length === 0
      ? (document: Document): Document => document
      : compileProjection(projection, "find", filter);
  return results(async function* () {
    for await (const document of inOrder(target, documentsOf(target, stored, query), options)) {
      yield project(document);
    }
  });
}

/** What `aggregate` gives. @throws LanguageError; `$out` and `$merge` are refused */
export function aggregateDocuments(
  target: PostgresTarget,
  stored: string,
  pipeline: readonly Document[],
  collation: Document,
): Results {
  const writer = Object.keys(pipeline.at(-1) ?? {}).find((name) => name === "$out" || name === "$merge");
  if (writer !== undefined) unsupported(writer, "a pipeline that only reads");
  for (const stage of ["$indexStats", "$collStats"])
    if (pipeline[0]?.[stage] !== undefined) unsupported(stage, "stages that read documents");
  const first = pipeline[0]?.$match;
  const isMatch = isDocument(first);
  const query = compileQuery(isMatch ? first : {}, collation);
  const stage = withCollation(parseCollation(collation), () => {
    // All of it, for mistakes; the match in front is the query.
    const all = compilePipeline(pipeline);
    return isMatch ? compilePipeline(pipeline.slice(1)) : all;
  });
  return results(() =>
    stage(documentsOf(target, stored, query), {
      now: new Date(),
      scratch: target.scratch,
      collection: (name, filter = {}) =>
        documentsOf(target, storedName(target.database, name), compileQuery(filter, undefined)),
    }),
  );
}

/** How many documents a collection has. */
export async function countAll({ statements }: PostgresTarget, stored: string): Promise<number> {
  if ((await findInfo(statements, stored)) === undefined) return 0;
  const [row] = await statements.query(`select count(*) as n from ${tableOf(stored)}`);
  return Number(row?.n);
}

async function* documentsOf(
  { statements }: PostgresTarget,
  stored: string,
  query: ReturnType<typeof compileQuery>,
): AsyncGenerator<Document> {
  for await (const { document } of matchesOf(statements, stored, query)) yield document;
}

/** Sorted, with as many left out and given as is wanted. */
async function* inOrder(
  { scratch }: PostgresTarget,
  documents: AsyncIterable<Document>,
  { sort = {}, skip = 0, limit = 0, collation }: FindOptions,
): AsyncGenerator<Document> {
  const last = limit === 0 ? Number.POSITIVE_INFINITY : skip + limit;
  let at = 0;
  for await (const document of sorted(scratch, documents, sort, collation, last)) {
    if (at++ >= skip) yield document;
    if (at >= last) return;
  }
}

async function* sorted(
  scratch: Scratch,
  documents: AsyncIterable<Document>,
  sort: SortSpec,
  collation: Document | undefined,
  wanted: number,
): AsyncGenerator<Document> {
  if (Object.keys(sort).length === 0) {
    yield* documents;
    return;
  }
  const sorter = withCollation(parseCollation(collation), () => compileSort(sort));
  const sorting = new ExternalSort(scratch, sorter, wanted, SORT_BYTES, true);
  try {
    for await (const document of documents) await sorting.add(document, encodeDocument(document).length);
    yield* sorting.sorted();
  } finally {
    await sorting.close();
  }
}

function results(open: () => AsyncIterable<Document>): Results {
  return {
    [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator](),
    toArray: async () => {
      const all: Document[] = [];
      for await (const document of open()) all.push(document);
      return all;
    },
  };
}
