import { MillraceError } from "@millrace/base";
import { Double } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import type { Document, Value } from "../document/value.ts";
import { plainText } from "./text-writers.ts";

/** Rows of one transaction. */
const BATCH_ROWS = 10_000;

/**
 * Writes documents as rows of a table of a new SQLite database: numbers, text, binary and booleans (0, 1) as they are,
 * dates and ids as text, arrays and documents as JSON.
 * @param columns - the top-level fields that become columns
 * @returns how many rows
 */
export async function writeSqlite(
  path: string,
  table: string,
  columns: readonly string[],
  documents: AsyncIterable<Document>,
): Promise<number> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(path);
  try {
    const names = (columns.length === 0 ? ["_id"] : columns).map(identifier);
    db.exec(`CREATE TABLE ${identifier(table)} (${names.join(", ")})`);
    const insert = db.prepare(`INSERT INTO ${identifier(table)} VALUES (${names.map(() => "?").join(", ")})`);
    let rows = 0;
    db.exec("BEGIN");
    for await (const document of documents) {
      insert.run(...(columns.length === 0 ? ["_id"] : columns).map((name) => cellOf(document[name])));
      if (++rows % BATCH_ROWS === 0) db.exec("COMMIT; BEGIN");
    }
    db.exec("COMMIT");
    return rows;
  } catch (error) {
    if (!(error instanceof Error) || (error as { code?: unknown }).code !== "ERR_SQLITE_ERROR") throw error;
    throw new MillraceError("DOCDB_EXPORT_SQLITE", `${path}: ${error.message}`, { cause: error });
  } finally {
    db.close();
  }
}

function cellOf(value: Value | undefined): null | number | bigint | string | Uint8Array {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Double) return value.value;
  if (value instanceof Decimal128) return value.toString();
  if (value instanceof Uint8Array) return value;
  if (typeof value === "object") return plainText(value);
  // A whole number as an INTEGER; a number alone would be a REAL.
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
