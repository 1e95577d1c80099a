import { InvalidArgumentError } from "@millrace/base";
import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { Query } from "./query.ts";

/** The field with the date of the deletion, where no other one is named. */
export const DELETED_AT = "deletedAt";

/**
 * A query over a collection whose documents are not taken out, but get the date of their deletion in a field: these are
 * left out, here and in joins, unions and subqueries of this query. Whoever reads the collection otherwise sees them.
 * @example
 * const people = from(db, "people", { softDelete: true });
 * await people.remove({ name: "Ada" });
 * await people.count(); // without her
 * await people.withDeleted().count(); // with her
 */
export class SoftQuery<T extends object = Document> extends Query<T> {
  readonly #database: Pick<Database, "collection">;
  readonly #collection: string;
  readonly #field: string;

  /** Made by `from` with `softDelete`. @throws InvalidArgumentError `DOCDB_QUERY_SOFT_DELETE` for a field that is none */
  constructor(database: Pick<Database, "collection">, collection: string, field: string) {
    if (field === "" || field === "_id" || field.startsWith("$") || field.includes("."))
      throw new InvalidArgumentError("DOCDB_QUERY_SOFT_DELETE", "softDelete", field, "a top-level field");
    super(database, { collection, stages: [{ $match: { [field]: null } }] });
    this.#database = database;
    this.#collection = collection;
    this.#field = field;
  }

  /** All documents. */
  withDeleted(): Query<T> {
    return new Query<T>(this.#database, { collection: this.#collection, stages: [] });
  }

  /** The deleted documents alone. */
  onlyDeleted(): Query<T> {
    const stages = [{ $match: { [this.#field]: { $ne: null } } }];
    return new Query<T>(this.#database, { collection: this.#collection, stages });
  }

  /** Marks the matches as deleted; those that are so already keep their date. @returns how many were marked */
  async remove(filter: Document, at: Date = new Date()): Promise<number> {
    const matches = { $and: [filter, { [this.#field]: null }] };
    const change = { $set: { [this.#field]: at } };
    return (await this.#database.collection(this.#collection).updateMany(matches, change)).modifiedCount;
  }

  /** Takes the mark off the matches. @returns how many had one */
  async restore(filter: Document): Promise<number> {
    const matches = { $and: [filter, { [this.#field]: { $ne: null } }] };
    const change = { $unset: { [this.#field]: "" } };
    return (await this.#database.collection(this.#collection).updateMany(matches, change)).modifiedCount;
  }

  /** Takes out for good what was deleted, or what was before a moment. @returns how many documents */
  purge(olderThan?: Date): Promise<number> {
    const when = olderThan === undefined ? { $ne: null } : { $lt: olderThan };
    return this.#database.collection(this.#collection).deleteMany({ [this.#field]: when });
  }
}
