import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { type ReadOperations, type Results, readCommands } from "../command/read-commands.ts";
import type { Command } from "../command/target.ts";
import { writeCommands } from "../command/write-commands.ts";
import type { Document } from "../document/value.ts";
import type { Backend } from "../driver/backend.ts";
import type { FindOptions } from "../find-options.ts";
import { fail } from "../mql/error.ts";
import { DEFAULT_DATABASE, storedName } from "../names.ts";
import { POSTGRES_COMMANDS } from "./commands.ts";
import { PostgresPool, type PostgresTransaction } from "./connection.ts";
import { aggregateDocuments, countAll, findDocuments } from "./reads.ts";
import { prepareServer } from "./tables.ts";
import { type PostgresTarget, unsupported } from "./target.ts";
import { deleteDocuments, insertDocuments, modifyDocument, updateDocuments } from "./writes.ts";

const READS: ReadOperations<PostgresTarget> = {
  find: findDocuments,
  aggregate: (target, name, pipeline, { collation }) => aggregateDocuments(target, name, pipeline, collation),
  count: countAll,
};

const TABLES: readonly Readonly<Record<string, Command<PostgresTarget>>>[] = [
  readCommands(READS),
  writeCommands<PostgresTarget>({
    insert: insertDocuments,
    update: updateDocuments,
    delete: deleteDocuments,
    findAndModify: modifyDocument,
  }),
  POSTGRES_COMMANDS,
];

/**
 * Collections in PostgreSQL, one table each with the document as JSONB, under the commands that a file has.
 *
 * The language is the same, in the same implementation: PostgreSQL keeps the documents, looks for those that may match,
 * and runs the transactions. What it cannot do here is refused by name with MongoDB's number 238: text indexes,
 * expiry, `$out`, `$merge`, change streams.
 *
 * @example
 * await using db = await PostgresDatabase.open("postgres://user@localhost/people");
 * await db.command({ insert: "people", documents: [{ name: "Ada" }] });
 */
export class PostgresDatabase implements Backend {
  readonly #pool: PostgresPool;

  private constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /**
   * @param address - as `pg` takes it, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
   * @throws InvalidArgumentError `DOCDB_DRIVER_MISSING`, MillraceError `DOCDB_POSTGRES_FAILED`
   */
  static async open(address: string): Promise<PostgresDatabase> {
    const pool = await PostgresPool.open(address);
    await prepareServer(pool);
    return new PostgresDatabase(pool);
  }

  /** Runs one of MongoDB's commands. @throws LanguageError with MongoDB's number */
  async command(
    command: Document,
    database: string = DEFAULT_DATABASE,
    within?: PostgresTransaction,
  ): Promise<Document> {
    const [name] = Object.keys(command);
    const table = TABLES.find((commands) => name !== undefined && Object.hasOwn(commands, name));
    if (table === undefined) return fail(59, "command", name, "a command that there is in PostgreSQL");
    return table[name!]!(this.#target(database, within), command);
  }

  /** Documents of a collection that match, as they are asked for. */
  find(
    database: string,
    collection: string,
    filter: Document,
    options: FindOptions = {},
    within?: PostgresTransaction,
  ): Results {
    return findDocuments(this.#target(database, within), storedName(database, collection), filter, options);
  }

  /** What a pipeline gives. @throws LanguageError; `$out` and `$merge` are refused */
  aggregate(
    database: string,
    collection: string,
    pipeline: readonly Document[],
    { collation = { locale: "simple" } }: { readonly collation?: Document } = {},
    within?: PostgresTransaction,
  ): Results {
    const target = this.#target(database, within);
    return aggregateDocuments(target, storedName(database, collection), pipeline, collation);
  }

  /** Refused: PostgreSQL keeps no feed of changes here. */
  async watch(): Promise<never> {
    return unsupported("a change stream", "a file, or a server of MongoDB's protocol");
  }

  /** A transaction, which begins with its first operation; whoever begins it must commit or abort it. */
  transaction(): PostgresTransaction {
    return this.#pool.begin();
  }

  /** Closes all connections. Again does nothing. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #target(database: string, within: PostgresTransaction | undefined): PostgresTarget {
    const scratch = { vfs: diskVfs, path: join(tmpdir(), `millrace-docdb-${process.pid}`) };
    return { database, statements: within ?? this.#pool, scratch };
  }
}
