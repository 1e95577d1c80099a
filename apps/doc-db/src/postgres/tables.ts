/** Where collections are in PostgreSQL: a schema a database, a table a collection; what they are in `millrace`. */
import { InvalidArgumentError } from "@millrace/base";
import { decodeBson } from "../bson/decode.ts";
import { encodeBson } from "../bson/encode.ts";
import type { Document } from "../document/value.ts";
import { namespaceOf } from "../names.ts";
import type { Statements } from "./connection.ts";

/** Longest name of PostgreSQL, in bytes. */
const MAX_NAME_BYTES = 63;
/** One at a time makes or changes tables: PostgreSQL's `if not exists` alone lets two of them collide. */
const LOCK = 0x6d696c6c;

/** What a collection is besides its documents. */
export interface CollectionInfo {
  readonly options: Document;
  /** Specifications of its indexes, without that of `_id`. */
  readonly indexes: readonly Document[];
}

/** The quoted name of a collection's table. @param stored - as the file would name it */
export function tableOf(stored: string): string {
  const { database, collection } = namespaceOf(stored);
  return `${quoted(database)}.${quoted(collection)}`;
}

/** Makes what all collections share; once a connection. */
export function prepareServer(statements: Statements): Promise<void> {
  return statements.transaction(async (within) => {
    await within.query("select pg_advisory_xact_lock($1)", [LOCK]);
    await within.query("create schema if not exists millrace");
    await within.query(
      "create table if not exists millrace.collections (name text primary key, options bytea not null, indexes bytea not null)",
    );
    await within.query(
      `create table if not exists millrace.unique_keys (collection text, index text, key bytea, id bytea not null,
        primary key (collection, index, key))`,
    );
    await within.query(
      "create index if not exists unique_keys_by_id on millrace.unique_keys (collection, id)",
    );
  });
}

/** A collection; undefined where there is none. */
export async function findInfo(statements: Statements, stored: string): Promise<CollectionInfo | undefined> {
  const [row] = await statements.query("select options, indexes from millrace.collections where name = $1", [
    stored,
  ]);
  return row === undefined ? undefined : infoOf(row);
}

/** All collections by their names. */
export async function listInfos(statements: Statements): Promise<Map<string, CollectionInfo>> {
  const rows = await statements.query(
    "select name, options, indexes from millrace.collections order by name",
  );
  return new Map(rows.map((row) => [String(row.name), infoOf(row)]));
}

/** Makes a collection where there is none. @returns whether it is new */
export async function makeCollection(
  statements: Statements,
  stored: string,
  options: Document = {},
): Promise<boolean> {
  if ((await findInfo(statements, stored)) !== undefined) return false;
  const { database } = namespaceOf(stored);
  return statements.transaction(async (within) => {
    await within.query("select pg_advisory_xact_lock($1)", [LOCK]);
    if ((await findInfo(within, stored)) !== undefined) return false;
    await within.query(`create schema if not exists ${quoted(database)}`);
    await within.query(
      `create table ${tableOf(stored)} (id bytea primary key, body bytea not null, doc jsonb not null)`,
    );
    await within.query("insert into millrace.collections values ($1, $2, $3)", [
      stored,
      encodeBson(options),
      encodeBson({ indexes: [] }),
    ]);
    return true;
  });
}

/** Changes what a collection is. */
export async function setInfo(statements: Statements, stored: string, info: CollectionInfo): Promise<void> {
  await statements.query("update millrace.collections set options = $2, indexes = $3 where name = $1", [
    stored,
    encodeBson(info.options),
    encodeBson({ indexes: info.indexes }),
  ]);
}

/** Takes a collection away with all that belongs to it. */
export async function removeCollection(statements: Statements, stored: string): Promise<void> {
  await statements.transaction(async (within) => {
    await within.query("select pg_advisory_xact_lock($1)", [LOCK]);
    await within.query(`drop table if exists ${tableOf(stored)}`);
    await within.query("delete from millrace.collections where name = $1", [stored]);
    await within.query("delete from millrace.unique_keys where collection = $1", [stored]);
  });
}

/** Gives a collection another name, perhaps in another database. */
export async function moveCollection(statements: Statements, from: string, to: string): Promise<void> {
  const target = namespaceOf(to);
  await statements.query(`create schema if not exists ${quoted(target.database)}`);
  // Under a name in between, as the new schema may have a table of the old name.
  const between = quoted(`millrace moving ${Date.now()}`);
  const source = namespaceOf(from);
  await statements.query(`alter table ${tableOf(from)} rename to ${between}`);
  await statements.query(
    `alter table ${quoted(source.database)}.${between} set schema ${quoted(target.database)}`,
  );
  await statements.query(
    `alter table ${quoted(target.database)}.${between} rename to ${quoted(target.collection)}`,
  );
  await statements.query("update millrace.collections set name = $2 where name = $1", [from, to]);
  await statements.query("update millrace.unique_keys set collection = $2 where collection = $1", [from, to]);
}

/** A name as SQL writes it. @throws InvalidArgumentError `DOCDB_POSTGRES_NAME` */
export function quoted(name: string): string {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || name.includes("\0")) {
    const expected = `a name of at most ${MAX_NAME_BYTES} bytes in PostgreSQL`;
    throw new InvalidArgumentError("DOCDB_POSTGRES_NAME", "name", name, expected);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

function infoOf(row: Record<string, unknown>): CollectionInfo {
  return {
    options: decodeBson(row.options as Uint8Array),
    indexes: decodeBson(row.indexes as Uint8Array).indexes as readonly Document[],
  };
}
