import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { Query } from "./query.ts";
import { DELETED_AT, SoftQuery } from "./soft-delete.ts";

/** A query over a collection; with `softDelete` over one whose documents are marked when they are deleted. */
export function from<T extends object = Document>(
  database: Pick<Database, "collection">,
  collection: string,
): Query<T>;
export function from<T extends object = Document>(
  database: Pick<Database, "collection">,
  collection: string,
  options: { readonly softDelete: true | string },
): SoftQuery<T>;
export function from<T extends object = Document>(
  database: Pick<Database, "collection">,
  collection: string,
  options?: { readonly softDelete: true | string },
): Query<T> {
  if (options === undefined) return new Query<T>(database, { collection, stages: [] });
  const field = options.softDelete === true ? DELETED_AT : options.softDelete;
  return new SoftQuery<T>(database, collection, field);
}
