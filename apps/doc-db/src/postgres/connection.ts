import { InvalidArgumentError, MillraceError } from "@millrace/base";
import type { Pool, PoolClient } from "pg";
import { fail } from "../mql/error.ts";

/** Rows that are fetched at a time. */
const BATCH_ROWS = 500;

/** What runs statements: a connection of the pool for each, or one of a transaction. */
export interface Statements {
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Rows as they are asked for, so many in memory at a time. */
  stream(text: string, values?: readonly unknown[]): AsyncIterable<Record<string, unknown>>;
  /** Several statements that are all done or none; in a transaction they are a part of it. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
}

/** Connections to a PostgreSQL server, by the package `pg`. */
export class PostgresPool implements Statements {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @throws InvalidArgumentError `DOCDB_DRIVER_MISSING`; MillraceError `DOCDB_POSTGRES_FAILED` */
  static async open(address: string): Promise<PostgresPool> {
    const expected = "the packages pg and pg-cursor to be installed (npm install pg pg-cursor)";
    const { default: driver } = await import("pg").catch(() => {
      throw new InvalidArgumentError("DOCDB_DRIVER_MISSING", "address", "postgres://…", expected);
    });
    const pool = new driver.Pool({ connectionString: address });
    // A connection that dies while it is idle is made anew when it is wanted.
    pool.on("error", () => {});
    const opened = new PostgresPool(pool);
    await opened.query("select 1");
    return opened;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await told(text, this.#pool.query(text, [...values]))).rows;
  }

  async *stream(text: string, values: readonly unknown[] = []): AsyncGenerator<Record<string, unknown>> {
    const client = await told("connecting", this.#pool.connect());
    try {
      yield* rowsOf(client, text, values);
    } finally {
      client.release();
    }
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const transaction = this.begin();
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.abort();
      throw error;
    }
  }

  /** A transaction that goes on over several calls; it begins with the first of them. */
  begin(): PostgresTransaction {
    return new PostgresTransaction(async () => {
      const client = await told("connecting", this.#pool.connect());
      await told("begin", client.query("begin"));
      return client;
    });
  }

  close(): Promise<void> {
    return this.#pool.ended ? Promise.resolve() : this.#pool.end();
  }
}

/** One transaction, on a connection of its own. */
export class PostgresTransaction implements Statements {
  readonly #open: () => Promise<PoolClient>;
  #client: Promise<PoolClient> | undefined;
  #savepoints = 0;
  #isOver = false;

  /** @param open - gives a connection on which a transaction has begun */
  constructor(open: () => Promise<PoolClient>) {
    this.#open = open;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = await this.#connected();
    return (await told(text, client.query(text, [...values]))).rows;
  }

  async *stream(text: string, values: readonly unknown[] = []): AsyncGenerator<Record<string, unknown>> {
    yield* rowsOf(await this.#connected(), text, values);
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const name = `s${++this.#savepoints}`;
    await this.query(`savepoint ${name}`);
    try {
      const result = await work(this);
      await this.query(`release savepoint ${name}`);
      return result;
    } catch (error) {
      await this.query(`rollback to savepoint ${name}`);
      throw error;
    }
  }

  commit(): Promise<void> {
    return this.#end("commit");
  }

  abort(): Promise<void> {
    return this.#end("rollback");
  }

  async #end(how: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const client = await this.#client;
    if (client === undefined) return;
    try {
      await told(how, client.query(how));
    } finally {
      client.release();
    }
  }

  #connected(): Promise<PoolClient> {
    if (this.#isOver) return fail(251, "transaction", "one that is over", "one that goes on");
    this.#client ??= this.#open();
    return this.#client;
  }
}

async function* rowsOf(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): AsyncGenerator<Record<string, unknown>> {
  const { default: Cursor } = await import("pg-cursor");
  const cursor = client.query(new Cursor<Record<string, unknown>>(text, [...values]));
  try {
    for (;;) {
      const rows = await told(text, cursor.read(BATCH_ROWS));
      yield* rows;
      if (rows.length < BATCH_ROWS) return;
    }
  } finally {
    await cursor.close();
  }
}

/** Says what failed; codes of the server stay in `cause.code`. */
async function told<T>(what: string, promise: Promise<T>): Promise<T> {
  return promise.catch((cause: unknown) => {
    // Two transactions waited for each other, or one was faster: it may begin again.
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "40P01" || code === "40001")
      fail(112, "transaction", "another one was faster", "to begin again");
    const text = what.length > 100 ? `${what.slice(0, 100)}…` : what;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("DOCDB_POSTGRES_FAILED", `PostgreSQL: ${text}: ${reason}`, { cause });
  });
}
