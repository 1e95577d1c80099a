import type { Backend, BackendTransaction } from "./backend.ts";
import { inDriverShape, MongoServerError } from "./errors.ts";
import type { ClientSession, OperationOptions } from "./types.ts";

/** How often a transaction begins again when another one was faster. */
const MAX_ATTEMPTS = 100;

/** A session: one transaction after the other. */
export class EmbeddedSession implements ClientSession {
  readonly #backend: Backend;
  #transaction: BackendTransaction | undefined;
  #hasEnded = false;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Undefined outside of one. */
  get transaction(): BackendTransaction | undefined {
    return this.#transaction;
  }

  startTransaction(): void {
    if (this.inTransaction())
      throw new MongoServerError(20, "a transaction is going on already; commit or abort it");
    if (this.#hasEnded) throw new MongoServerError(20, "the session has ended; start another one");
    this.#transaction = this.#backend.transaction();
  }

  inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  async commitTransaction(): Promise<void> {
    const transaction = this.#take();
    await inDriverShape(() => transaction.commit());
  }

  async abortTransaction(): Promise<void> {
    await this.#take().abort();
  }

  async withTransaction<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.startTransaction();
      try {
        const result = await work(this);
        if (this.inTransaction()) await this.commitTransaction();
        return result;
      } catch (error) {
        if (this.inTransaction()) await this.abortTransaction();
        const isTransient =
          error instanceof MongoServerError && error.hasErrorLabel("TransientTransactionError");
        if (!isTransient || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async endSession(): Promise<void> {
    this.#hasEnded = true;
    if (this.inTransaction()) await this.abortTransaction();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endSession();
  }

  #take(): BackendTransaction {
    const transaction = this.#transaction;
    if (transaction === undefined) throw new MongoServerError(251, "no transaction is going on; start one");
    this.#transaction = undefined;
    return transaction;
  }
}

/** The transaction that an operation is a part of. */
export function transactionOf(options: OperationOptions | undefined): BackendTransaction | undefined {
  const session = options?.session;
  if (session === undefined) return undefined;
  if (session instanceof EmbeddedSession) return session.transaction;
  throw new MongoServerError(20, "the session is one of another client; start one with this client");
}
