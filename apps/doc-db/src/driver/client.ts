import { Database } from "../database.ts";
import type { Document as Stored } from "../document/value.ts";
import type { DatabaseOptions } from "../options.ts";
import { parseFileAddress } from "./address.ts";
import { type Backend, FileBackend, takingDriverValues } from "./backend.ts";
import { EmbeddedChangeStream } from "./change-stream.ts";
import { EmbeddedCollection } from "./collection.ts";
import { inDriverShape } from "./errors.ts";
import { listCursor } from "./replies.ts";
import { EmbeddedSession, transactionOf } from "./session.ts";
import type * as api from "./types.ts";

class EmbeddedDb implements api.Db {
  readonly databaseName: string;
  readonly #backend: Backend;

  constructor(backend: Backend, name: string) {
    this.#backend = backend;
    this.databaseName = name;
  }

  collection<T extends api.Document = api.Document>(name: string): api.Collection<T> {
    return new EmbeddedCollection<T>(this.#backend, this.databaseName, name);
  }

  async createCollection<T extends api.Document = api.Document>(
    name: string,
    options: api.CreateCollectionOptions = {},
  ): Promise<api.Collection<T>> {
    const { session: _, comment: __, ...rest } = options;
    await this.command({ create: name, ...rest }, options);
    return this.collection<T>(name);
  }

  listCollections(filter: api.Document = {}): api.ListCursor {
    return listCursor(async () => (await this.command({ listCollections: 1, filter })) as Stored);
  }

  dropCollection(name: string): Promise<boolean> {
    return this.collection(name).drop();
  }

  async dropDatabase(): Promise<boolean> {
    await this.command({ dropDatabase: 1 });
    return true;
  }

  command(command: api.Document, options?: api.OperationOptions): Promise<api.Document> {
    return inDriverShape(async () =>
      this.#backend.command(command as Stored, this.databaseName, transactionOf(options)),
    );
  }

  stats(): Promise<api.Document> {
    return this.command({ dbStats: 1 });
  }

  watch(pipeline: api.Document[] = [], options: api.ChangeStreamOptions = {}): api.ChangeStream {
    const scope = { database: this.databaseName };
    return new EmbeddedChangeStream(
      (settings) => this.#backend.watch(scope, pipeline as Stored[], settings),
      options,
    );
  }
}

/** A file, or tables of PostgreSQL, in the shape of the driver's client. */
export class EmbeddedClient implements api.MongoClient {
  readonly #backend: Backend;
  readonly #name: string;

  constructor(backend: Backend, name: string) {
    this.#backend = takingDriverValues(backend);
    this.#name = name;
  }

  /**
   * @param url - `millrace:///path/file.db`, with `?db=NAME` for another default database than `test`,
   *   `?compression=zstd` and `?pageBytes=16384` for what a new file's pages are like
   * @throws InvalidArgumentError `DOCDB_ADDRESS_INVALID` for a password in it, which would end in logs
   */
  static async open(url: URL, given?: DatabaseOptions): Promise<EmbeddedClient> {
    const { path, database, options } = parseFileAddress(url, given);
    return new EmbeddedClient(new FileBackend(await Database.open(path, options)), database);
  }

  async connect(): Promise<api.MongoClient> {
    return this;
  }

  db(name: string = this.#name): api.Db {
    return new EmbeddedDb(this.#backend, name);
  }

  startSession(): api.ClientSession {
    return new EmbeddedSession(this.#backend);
  }

  async withSession<T>(work: (session: api.ClientSession) => Promise<T>): Promise<T> {
    await using session = this.startSession();
    return await work(session);
  }

  watch(pipeline: api.Document[] = [], options: api.ChangeStreamOptions = {}): api.ChangeStream {
    return new EmbeddedChangeStream(
      (settings) => this.#backend.watch({}, pipeline as Stored[], settings),
      options,
    );
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
