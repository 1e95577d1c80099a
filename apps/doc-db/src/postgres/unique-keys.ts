/** Unique indexes: what must not be there twice is in one table for all, by the keys that a file would have. */
import { type Document, getField, type Value } from "../document/value.ts";
import { compileIndex, type IndexDefinition } from "../indexes/definition.ts";
import { duplicateKey } from "../indexes/duplicate-key.ts";
import { keysOf } from "../indexes/keys.ts";
import { getPath } from "../mql/expr/field-path.ts";
import { lookupOf } from "../query/filter.ts";
import type { Statements } from "./connection.ts";
import type { Match } from "./matches.ts";

/** The indexes of a collection whose values are unique. */
export function uniqueIndexes(specs: readonly Document[]): IndexDefinition[] {
  return specs.filter(({ unique }) => unique === true).map(compileIndex);
}

/** Takes the keys of documents. @throws DuplicateKeyError when another document has one of them */
export async function takeKeys(
  statements: Statements,
  stored: string,
  indexes: readonly IndexDefinition[],
  documents: readonly Match[],
): Promise<void> {
  for (const index of indexes) {
    for (const { id, document } of documents) {
      const keys = keysOf(index, lookupOf(document)).keys.map((key) => Buffer.from(key));
      if (keys.length === 0) continue;
      const taken = await statements.query(
        `insert into millrace.unique_keys select $1, $2, key, $3 from unnest($4::bytea[]) key
          on conflict do nothing returning 1`,
        [stored, index.name, id, keys],
      );
      if (taken.length < keys.length) throw duplicateKey(index.name, index.key, valuesOf(index, document));
    }
  }
}

/** Gives the keys of documents back. */
export async function freeKeys(
  statements: Statements,
  stored: string,
  ids: readonly Buffer[],
): Promise<void> {
  await statements.query("delete from millrace.unique_keys where collection = $1 and id = any($2::bytea[])", [
    stored,
    ids,
  ]);
}

function valuesOf({ fields }: IndexDefinition, document: Document): Document {
  const values = fields.map(({ path }): [string, Value] => {
    const value = path.includes(".") ? getPath(document, path.split("."), 0) : getField(document, path);
    return [path, value ?? null];
  });
  return Object.fromEntries(values);
}
