/** Runs commands of clients: who may, in which transaction, and how failures are told. */
import { InvalidArgumentError } from "@millrace/base";
import { checkDatabaseName } from "../command/arguments.ts";
import { runCommand } from "../command/run-command.ts";
import { withTimeLimit } from "../command/time-limit.ts";
import type { Document, Value } from "../document/value.ts";
import { codeNameOf, isTransient } from "../driver/errors.ts";
import { DuplicateKeyError } from "../indexes/duplicate-key.ts";
import { fail, LanguageError } from "../mql/error.ts";
import { type Client, OPEN_COMMANDS, SERVER_COMMANDS, type ServerState } from "./commands.ts";
import { ServerSessions } from "./sessions.ts";

/** These end a transaction themselves. */
const ENDINGS = new Set(["commitTransaction", "abortTransaction"]);

/** Answers a command; a failure is an answer too. */
export async function dispatch(server: ServerState, client: Client, command: Document): Promise<Document> {
  try {
    const reply = await run(server, client, command);
    if (isInTransaction(command) && reply.writeErrors !== undefined) await abort(server, command);
    return reply;
  } catch (error) {
    if (isInTransaction(command)) await abort(server, command);
    return failureReply(error, isInTransaction(command));
  }
}

async function run(server: ServerState, client: Client, command: Document): Promise<Document> {
  const name = Object.keys(command)[0] ?? "";
  if (!client.isTrusted && !OPEN_COMMANDS.has(name)) return fail(13, "command", name, "a login before it");
  const database = checkDatabaseName(command.$db);
  const own = Object.hasOwn(SERVER_COMMANDS, name) ? SERVER_COMMANDS[name] : undefined;
  const transaction =
    ENDINGS.has(name) || !client.isTrusted ? undefined : await server.sessions.transactionOf(command);
  const target = withTimeLimit(
    server.database.target(database, transaction),
    name === "getMore" ? {} : command,
  );
  return own === undefined ? runCommand(target, command) : own(server, client, command, target);
}

function isInTransaction(command: Document): boolean {
  return command.autocommit === false;
}

/** As MongoDB does it: nothing goes on in a transaction after a failure. */
async function abort(server: ServerState, command: Document): Promise<void> {
  try {
    const session = ServerSessions.nameOf(command);
    await server.cursors.killOf(session, true);
    await server.sessions.abort(session);
  } catch (error) {
    // The failure that brought us here is the one to be told of; a session without a proper name has nothing open.
    if (!(error instanceof LanguageError)) throw error;
  }
}

/** An error as drivers understand it. */
export function failureReply(error: unknown, isInTransaction: boolean): Document {
  const code = codeOf(error);
  const errmsg = error instanceof Error ? error.message : String(error);
  const more: Record<string, Value> = {};
  if (error instanceof DuplicateKeyError) {
    more.keyPattern = error.keyPattern;
    more.keyValue = error.keyValue;
  }
  if (isInTransaction && (isTransient(code) || code === 251))
    more.errorLabels = ["TransientTransactionError"];
  return { ok: 0, errmsg, code, codeName: codeNameOf(code), ...more };
}

function codeOf(error: unknown): number {
  if (error instanceof LanguageError || error instanceof DuplicateKeyError) return error.serverCode;
  return error instanceof InvalidArgumentError ? 2 : 1;
}
