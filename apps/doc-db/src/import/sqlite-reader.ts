import { CorruptDataError, InvalidArgumentError } from "@millrace/base";
import type { Document, Value } from "../document/value.ts";

/**
 * Reads the rows of a table of an SQLite database: columns are fields, NULL is null, an INTEGER a number or, beyond
 * 53 bits, an int64, a BLOB binary.
 * @param table - undefined for the only one
 * @throws InvalidArgumentError `DOCDB_TABLE_UNKNOWN` naming the tables that there are
 * @throws CorruptDataError `DOCDB_IMPORT_SQLITE` for a file that SQLite does not read
 */
export async function* readSqlite(
  path: string,
  table: string | undefined,
): AsyncGenerator<Document, void, undefined> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name));
    const name = table ?? (tables.length === 1 ? tables[0] : undefined);
    if (name === undefined || !tables.includes(name)) {
      const expected = `one of its tables with --table: ${tables.join(", ") || "there are none"}`;
      throw new InvalidArgumentError("DOCDB_TABLE_UNKNOWN", "table", table, expected);
    }
    const rows = db.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`);
    rows.setReadBigInts(true);
    for (const row of rows.iterate()) yield documentOf(row);
  } catch (error) {
    if (error instanceof InvalidArgumentError || !isSqliteError(error)) throw error;
    throw new CorruptDataError("DOCDB_IMPORT_SQLITE", path, 0, error.message, { cause: error });
  } finally {
    db.close();
  }
}

function documentOf(row: Record<string, unknown>): Document {
  const fields = Object.entries(row).map(([name, value]): [string, Value] => {
    if (typeof value === "bigint") {
      const number = Number(value);
      return [name, Number.isSafeInteger(number) ? number : value];
    }
    return [name, value instanceof Uint8Array ? new Uint8Array(value) : (value as Value)];
  });
  return Object.fromEntries(fields);
}

function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}
