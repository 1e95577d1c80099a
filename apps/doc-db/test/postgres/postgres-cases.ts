import { type Document, getField, isDocument, type Value } from "../../src/document/value.ts";
import { LanguageError } from "../../src/mql/error.ts";
import { isNumeric } from "../../src/mql/number.ts";
import type { PostgresDatabase } from "../../src/postgres/postgres-database.ts";
import { isSameBag, type Runner } from "../mql/run-case.ts";

/** Marks the ids of documents that have none in a case. */
const MADE = "made-for-the-case-";

/** Runners of the cases of queries and updates by commands on PostgreSQL. */
export function postgresRunners(db: PostgresDatabase): Readonly<Record<string, Runner>> {
  const fill = async (documents: readonly Document[]): Promise<void> => {
    await db.command({ delete: "cases", deletes: [{ q: {}, limit: 0 }] });
    if (documents.length === 0) return;
    const whole = documents.map((document, i) =>
      getField(document, "_id") === undefined ? { _id: `${MADE}${i}`, ...document } : document,
    );
    throwFirst(await db.command({ insert: "cases", documents: whole }));
  };
  const all = async (filter: Document): Promise<Document[]> => {
    const found: Document[] = [];
    for await (const document of db.find("test", "cases", filter)) found.push(withoutMade(document));
    return found;
  };
  const update: Runner = async ({ setup_docs, query, update, upsert, multi, array_filters, expected }) => {
    await fill((setup_docs ?? []) as readonly Document[]);
    const each: Record<string, Value> = {
      q: query!,
      u: update!,
      upsert: upsert === true,
      multi: multi === true,
    };
    if (array_filters !== null && array_filters !== undefined) each.arrayFilters = array_filters;
    const reply = await db.command({ update: "cases", updates: [each] });
    throwFirst(reply);
    const after = await all({});
    if (isDocument(expected) && expected.n !== undefined) {
      const { n, nModified } = expected;
      return {
        value: reply,
        isExpected: () => n === reply.n && (nModified ?? reply.nModified) === reply.nModified,
      };
    }
    if (Array.isArray(expected))
      return { value: after, isExpected: () => isSameBag(after, expected as readonly Value[]) };
    // One document: that which was changed, or put in.
    return { value: after, isExpected: () => after.some((document) => isSameBag([document], [expected!])) };
  };
  return {
    QueryTestCase: async ({ doc, filter, expected }) => {
      await fill((doc ?? []) as readonly Document[]);
      const whole = isDocument(filter) ? filter : { a: { $bitsAllSet: filter! } };
      return {
        value: await all(whole),
        isExpected: (value) => {
          const found = value as readonly Value[];
          if (isNumeric(expected ?? null)) return Number(expected) === found.length;
          return isSameBag(found, (expected ?? []) as readonly Value[]);
        },
      };
    },
    UpdateTestCase: update,
    FilteredUpdateTestCase: update,
  };
}

function withoutMade(document: Document): Document {
  const id = getField(document, "_id");
  if (typeof id !== "string" || !id.startsWith(MADE)) return document;
  const { _id, ...rest } = document;
  return rest;
}

function throwFirst({ writeErrors }: Document): void {
  const [first] = (writeErrors ?? []) as readonly Document[];
  if (first !== undefined) throw new LanguageError(Number(first.code), "a write", first.errmsg, "no error");
}
