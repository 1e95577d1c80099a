/** Names of collections: those of commands, by database, and those of the file, which has one catalog. */

/** The database that is meant when none is named. */
export const DEFAULT_DATABASE = "test";

/** A collection as commands name it. */
export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

/**
 * The name in the file: that of the collection alone in the default database, with its database in front in any other.
 * A name with a dot has its database in front always, so that it is not taken for a collection of another one.
 */
export function storedName(database: string, collection: string): string {
  return database === DEFAULT_DATABASE && !collection.includes(".")
    ? collection
    : `${database}.${collection}`;
}

/** What commands call a collection of the file. */
export function namespaceOf(stored: string): Namespace {
  const dot = stored.indexOf(".");
  if (dot < 0) return { database: DEFAULT_DATABASE, collection: stored };
  return { database: stored.slice(0, dot), collection: stored.slice(dot + 1) };
}

/** A namespace as replies show it: `database.collection`. */
export function shownNamespace(stored: string): string {
  const { database, collection } = namespaceOf(stored);
  return `${database}.${collection}`;
}
