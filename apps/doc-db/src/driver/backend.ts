import type { ChangeReader, ChangeReaderOptions, ChangeScope } from "../changes/change-reader.ts";
import { checkDatabaseName, checkedName } from "../command/arguments.ts";
import { letVariables } from "../command/let-variables.ts";
import type { Results } from "../command/read-commands.ts";
import { withTimeLimit } from "../command/time-limit.ts";
import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { FindCursor } from "../find-cursor.ts";
import type { FindOptions } from "../find-options.ts";
import { storedName } from "../names.ts";
import type { Transaction } from "../transaction.ts";
import { fromStored } from "./from-stored.ts";
import { documentToStored } from "./values.ts";

/** A transaction that goes on over calls. */
export interface BackendTransaction {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** What the driver's face is put in front of: a file, or tables of PostgreSQL. */
export interface Backend {
  command(command: Document, database: string, within?: BackendTransaction): Promise<Document>;
  find(
    database: string,
    collection: string,
    filter: Document,
    options: FindOptions & { readonly let?: Document },
    within?: BackendTransaction,
  ): Results;
  aggregate(
    database: string,
    collection: string,
    pipeline: readonly Document[],
    options: { readonly hint?: string | Document; readonly collation?: Document; readonly let?: Document },
    within?: BackendTransaction,
  ): Results;
  /** Begins a transaction, at its first operation at the latest. */
  transaction(): BackendTransaction;
  watch(
    scope: ChangeScope,
    pipeline: readonly Document[],
    options: ChangeReaderOptions,
  ): Promise<ChangeReader>;
  close(): Promise<void>;
}

/** A database file. */
export class FileBackend implements Backend {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  command(command: Document, database: string, within?: Transaction): Promise<Document> {
    return this.#database.command(command, database, within);
  }

  find(
    database: string,
    collection: string,
    filter: Document,
    options: FindOptions,
    within?: Transaction,
  ): Results {
    const { maxTimeMS, ...rest } = options as FindOptions & Document;
    const target = withTimeLimit(this.#database.target(database, within), { maxTimeMS: maxTimeMS ?? null });
    return new FindCursor(target.engine, storedName(database, collection), filter, rest as FindOptions);
  }

  aggregate(
    database: string,
    collection: string,
    pipeline: readonly Document[],
    options: object,
    within?: Transaction,
  ): Results {
    return this.#database.aggregate(database, collection, pipeline, options, within);
  }

  transaction(): Transaction {
    return this.#database.transaction();
  }

  watch(
    scope: ChangeScope,
    pipeline: readonly Document[],
    options: ChangeReaderOptions,
  ): Promise<ChangeReader> {
    return this.#database.watch(scope, pipeline, options);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/**
 * A backend for applications: takes what MongoDB's driver takes for values, see {@link toStored}, and answers commands with
 * what that gives, see {@link fromStored}. What cursors and streams read is left to them.
 */
export function takingDriverValues(backend: Backend): Backend {
  return {
    command: async (command, database, within) => {
      checkDatabaseName(database);
      return fromStored(await backend.command(documentToStored(command), database, within));
    },
    find: (database, collection, filter, options, within) => {
      checkNamespace(database, collection);
      const { let: given, projection, ...rest } = documentToStored(options);
      const variables = letVariables(given);
      const settings =
        projection === undefined
          ? rest
          : { ...rest, projection: variables.projection(projection as Document) };
      const wanted = variables.filter(documentToStored(filter));
      return backend.find(database, collection, wanted, settings, within);
    },
    aggregate: (database, collection, pipeline, options, within) => {
      checkNamespace(database, collection);
      const { let: given, ...rest } = documentToStored(options);
      const stages = letVariables(given).pipeline(pipeline.map(documentToStored));
      return backend.aggregate(database, collection, stages, rest, within);
    },
    transaction: () => backend.transaction(),
    watch: (scope, pipeline, options) =>
      backend.watch(scope, pipeline.map(documentToStored), documentToStored(options)),
    close: () => backend.close(),
  };
}

/** @throws LanguageError 73 */
function checkNamespace(database: string, collection: string): void {
  checkDatabaseName(database);
  checkedName("collection", collection);
}
