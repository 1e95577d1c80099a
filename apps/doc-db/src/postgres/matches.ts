import { decodeBson } from "../bson/decode.ts";
import type { Document } from "../document/value.ts";
import { parseCollation } from "../mql/collation.ts";
import { type CompiledFilter, compileFilter, matchesDocument } from "../query/filter.ts";
import type { Statements } from "./connection.ts";
import { pushDown } from "./pushdown.ts";
import { findInfo, tableOf } from "./tables.ts";

/** A filter as it is asked for, compiled, and what of it PostgreSQL looks at. */
export interface Query {
  readonly filter: Document;
  readonly compiled: CompiledFilter;
  readonly isCollated: boolean;
}

/** A document that matches. */
export interface Match {
  /** The key of its `_id`, which its row has. */
  readonly id: Buffer;
  readonly document: Document;
}

/** @throws LanguageError for a filter that is not understood */
export function compileQuery(filter: Document, collation: unknown): Query {
  const parsed = parseCollation(collation as Document | undefined);
  return { filter, compiled: compileFilter(filter, parsed), isCollated: parsed !== undefined };
}

/** All matches in the order of `_id`, so many in memory at a time. */
export async function* matchesOf(
  statements: Statements,
  stored: string,
  { filter, compiled, isCollated }: Query,
): AsyncGenerator<Match> {
  if ((await findInfo(statements, stored)) === undefined) return;
  // With a collation texts are equal that JSON path takes for different.
  const { text, values } = isCollated ? { text: "", values: [] } : pushDown(filter);
  const where = text === "" ? "" : ` where ${text}`;
  const rows = statements.stream(`select id, body from ${tableOf(stored)}${where} order by id`, values);
  for await (const row of rows) {
    const match = matchOf(row);
    if (matchesDocument(compiled, match.document)) yield match;
  }
}

/** Rows by their ids, locked until the transaction ends; those that match still. */
export async function lockMatches(
  statements: Statements,
  stored: string,
  ids: readonly Buffer[],
  { compiled }: Query,
): Promise<Match[]> {
  const rows = await statements.query(
    `select id, body from ${tableOf(stored)} where id = any($1::bytea[]) order by id for update`,
    [ids],
  );
  return rows.map(matchOf).filter(({ document }) => matchesDocument(compiled, document));
}

function matchOf({ id, body }: Record<string, unknown>): Match {
  return { id: id as Buffer, document: decodeBson(body as Buffer) };
}
