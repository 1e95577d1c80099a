/** Logical sessions of clients, and their transactions. */
import type { Database } from "../database.ts";
import { Binary } from "../document/bson-types.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import type { Transaction } from "../transaction.ts";

/** As MongoDB has it: longer ones are taken back, since others wait for them. */
const TRANSACTION_MS = 60_000;
const SESSION_MS = 30 * 60_000;

interface Session {
  number: bigint;
  transaction: Transaction | undefined;
  startedMs: number;
  isCommitted: boolean;
  lastUsedMs: number;
}

/** The sessions of one server. */
export class ServerSessions {
  readonly #database: Database;
  readonly #sessions = new Map<string, Session>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** A session as text; empty for a command without one. @throws LanguageError 2 */
  static nameOf(command: Document): string {
    const { lsid } = command;
    if (lsid === undefined) return "";
    const id: Value | undefined = isDocument(lsid) ? lsid.id : undefined;
    if (id instanceof Binary && id.subtype === 4) return Buffer.from(id.bytes).toString("hex");
    return fail(2, "lsid", lsid, "an id that is a UUID");
  }

  /**
   * The transaction that a command is a part of, begun with its first; undefined outside of one.
   * @throws LanguageError 251 when it is over
   */
  async transactionOf(command: Document): Promise<Transaction | undefined> {
    const name = ServerSessions.nameOf(command);
    const { txnNumber } = command;
    const session = this.#sessions.get(name);
    if (session !== undefined) session.lastUsedMs = Date.now();
    if (txnNumber === undefined) return undefined;
    if (command.autocommit !== false)
      return fail(20, "txnNumber", txnNumber, "a transaction; single writes are not done again here");
    const number = BigInt(txnNumber as bigint | number);
    if (command.startTransaction === true) return this.#start(name, number);
    return this.#current(name, number).transaction;
  }

  /** Ends the transaction that a command is a part of; what it changed is there, or forgotten. */
  async finish(command: Document, isCommit: boolean): Promise<void> {
    const name = ServerSessions.nameOf(command);
    const number = BigInt((command.txnNumber ?? -1) as bigint | number);
    const known = this.#sessions.get(name);
    // Sent twice, when the first answer was lost.
    if (isCommit && known?.number === number && known.isCommitted) return;
    const session = this.#current(name, number);
    const { transaction } = session;
    session.transaction = undefined;
    if (isCommit) await transaction!.commit();
    else await transaction!.abort();
    session.isCommitted = isCommit;
  }

  /** Takes a session's transaction back, if it has one. */
  async abort(name: string): Promise<void> {
    const session = this.#sessions.get(name);
    const transaction = session?.transaction;
    if (session === undefined || transaction === undefined) return;
    session.transaction = undefined;
    await transaction.abort();
  }

  async end(name: string): Promise<void> {
    await this.abort(name);
    this.#sessions.delete(name);
  }

  /** Takes back the transactions that go on for too long, and forgets sessions that are not used. */
  async sweep(nowMs: number): Promise<void> {
    for (const [name, session] of this.#sessions) {
      if (session.transaction !== undefined && nowMs - session.startedMs > TRANSACTION_MS)
        await this.abort(name);
      if (nowMs - session.lastUsedMs > SESSION_MS) await this.end(name);
    }
  }

  async close(): Promise<void> {
    for (const name of this.#sessions.keys()) await this.end(name);
  }

  async #start(name: string, number: bigint): Promise<Transaction> {
    const before = this.#sessions.get(name);
    if (before !== undefined && number <= before.number)
      return fail(225, "txnNumber", number, `a number above ${before.number}`);
    await this.abort(name);
    const transaction = this.#database.transaction();
    const nowMs = Date.now();
    this.#sessions.set(name, {
      number,
      transaction,
      startedMs: nowMs,
      isCommitted: false,
      lastUsedMs: nowMs,
    });
    return transaction;
  }

  #current(name: string, number: bigint): Session {
    const session = this.#sessions.get(name);
    if (session?.number === number && session.transaction !== undefined) return session;
    return fail(251, "transaction", number, "one that goes on; it was ended, or took longer than a minute");
  }
}
