/** What a server answers beside the database's own commands: greetings, logins, cursors, transactions. */
import { openAggregate, openFind } from "../command/read-commands.ts";
import type { CommandTarget } from "../command/target.ts";
import type { Database } from "../database.ts";
import { Binary } from "../document/bson-types.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import type { CursorOwner, ServerCursors } from "./cursors.ts";
import { DIAGNOSTIC_COMMANDS } from "./diagnostic-commands.ts";
import { MAX_MESSAGE_BYTES } from "./frames.ts";
import type { Conversation, Credentials } from "./scram.ts";
import { ServerSessions } from "./sessions.ts";

const MECHANISM = "SCRAM-SHA-256";

/** What all connections of a server share. */
export interface ServerState {
  readonly database: Database;
  readonly cursors: ServerCursors;
  readonly sessions: ServerSessions;
  /** Undefined: everybody may do everything. */
  readonly credentials: Credentials | undefined;
  /** How many are open, and how many may be. */
  readonly connections: () => number;
  readonly maxConnections: number;
}

/** What a server knows of one connection. */
export interface Client {
  readonly id: number;
  isTrusted: boolean;
  conversation: { readonly steps: Conversation; readonly skipsEmpty: boolean; isProven: boolean } | undefined;
}

/** Answers one command. */
export type ServerCommand = (
  server: ServerState,
  client: Client,
  command: Document,
  target: CommandTarget,
) => Promise<Document> | Document;

/** Those that need no login. */
export const OPEN_COMMANDS: ReadonlySet<string> = new Set([
  "hello",
  "isMaster",
  "ismaster",
  "ping",
  "buildInfo",
  "buildinfo",
  "saslStart",
  "saslContinue",
  "connectionStatus",
  "whatsmyuri",
  "endSessions",
  "logout",
]);

/** These commands by their names; all others are the database's. */
export const SERVER_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  ...DIAGNOSTIC_COMMANDS,
  hello,
  isMaster: hello,
  ismaster: hello,
  saslStart: (server, client, command) => saslStart(server, client, command),
  saslContinue: (_server, client, command) => saslContinue(client, command),
  logout: (server, client) => {
    client.isTrusted = server.credentials === undefined;
    return { ok: 1 };
  },
  connectionStatus: (server, client) => {
    const isUser = server.credentials !== undefined && client.isTrusted;
    const authenticatedUsers = isUser ? [{ user: server.credentials!.userName, db: "admin" }] : [];
    return { authInfo: { authenticatedUsers, authenticatedUserRoles: [] }, ok: 1 };
  },
  whatsmyuri: () => ({ you: "127.0.0.1", ok: 1 }),
  buildinfo: (server) => server.database.command({ buildInfo: 1 }),
  getLog: () => ({ totalLinesWritten: 0, log: [], ok: 1 }),
  getCmdLineOpts: () => ({ argv: [], parsed: {}, ok: 1 }),
  find: (server, _client, command, target) => {
    const limit = numberOf(command, "limit") ?? 0;
    const isOnly = command.singleBatch === true || limit < 0;
    return server.cursors.open(openFind(target, command), ownerOf(command, "find"), {
      documents: numberOf(command, "batchSize"),
      isOnly,
      time: target.time,
    });
  },
  aggregate: (server, _client, command, target) => {
    const pipeline = Array.isArray(command.pipeline) ? (command.pipeline as readonly Document[]) : [];
    if (pipeline[0]?.$changeStream !== undefined) return openStream(server, command, pipeline);
    if (command.explain === true) {
      const { explain: _, $db: __, ...explained } = command;
      return server.database.command({ explain: explained }, target.database);
    }
    const cursor = isDocument(command.cursor) ? command.cursor : {};
    return server.cursors.open(openAggregate(target, command), ownerOf(command, "aggregate"), {
      documents: numberOf(cursor, "batchSize"),
      isOnly: false,
      time: target.time,
    });
  },
  getMore: (server, _client, command) => {
    const { getMore } = command;
    if (typeof getMore !== "bigint") return fail(14, "getMore", getMore, "an int64");
    const batchSize = numberOf(command, "batchSize");
    return server.cursors.next(getMore, ownerOf(command, "collection"), {
      documents: batchSize === 0 ? undefined : batchSize,
      waitMs: numberOf(command, "maxTimeMS") ?? STREAM_WAIT_MS,
    });
  },
  killCursors: async (server, _client, command) => {
    const ids = Array.isArray(command.cursors) ? (command.cursors as readonly Value[]) : [];
    const wanted = ids.filter((id) => typeof id === "bigint");
    const cursorsKilled = await server.cursors.kill(wanted);
    const cursorsNotFound = wanted.filter((id) => !cursorsKilled.includes(id));
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
  },
  startSession: () => ({ ok: 1 }),
  refreshSessions: () => ({ ok: 1 }),
  endSessions: async (server, _client, command) => {
    const ids = Array.isArray(command.endSessions) ? (command.endSessions as readonly Value[]) : [];
    for (const lsid of ids) {
      const name = ServerSessions.nameOf({ lsid });
      await server.cursors.killOf(name, false);
      await server.sessions.end(name);
    }
    return { ok: 1 };
  },
  commitTransaction: (server, _client, command) => endTransaction(server, command, true),
  abortTransaction: (server, _client, command) => endTransaction(server, command, false),
};

/** How long a stream waits for changes unless its client says another time. */
const STREAM_WAIT_MS = 1000;

/** `aggregate` with `$changeStream` in front: of a collection, of a database (1), or of all (1 on `admin`). */
async function openStream(
  server: ServerState,
  command: Document,
  [first, ...stages]: readonly Document[],
): Promise<Document> {
  if (command.txnNumber !== undefined) return fail(263, "$changeStream", "a transaction", "none around it");
  const options = isDocument(first!.$changeStream) ? first!.$changeStream : {};
  const { $db: database, aggregate: collection } = command;
  const isAll = options.allChangesForCluster === true;
  const scope = {
    ...(isAll ? {} : { database: String(database) }),
    ...(typeof collection === "string" ? { collection } : {}),
  };
  const reader = await server.database.watch(scope, stages, options);
  const namespace = `${String(database)}.${typeof collection === "string" ? collection : "$cmd.aggregate"}`;
  return server.cursors.openStream(reader, { ...ownerOf(command, "aggregate"), namespace });
}

async function endTransaction(server: ServerState, command: Document, isCommit: boolean): Promise<Document> {
  await server.cursors.killOf(ServerSessions.nameOf(command), true);
  await server.sessions.finish(command, isCommit);
  return { ok: 1 };
}

function hello(server: ServerState, client: Client, command: Document): Document {
  const { saslSupportedMechs, speculativeAuthenticate } = command;
  const isLegacy = command.hello === undefined;
  return {
    helloOk: true,
    ...(isLegacy ? { ismaster: true } : { isWritablePrimary: true }),
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ...(saslSupportedMechs === undefined ? {} : { saslSupportedMechs: [MECHANISM] }),
    ...(isDocument(speculativeAuthenticate) && server.credentials !== undefined
      ? speculate(server, client, speculativeAuthenticate)
      : {}),
    ok: 1,
  };
}

/** Begins a login within the greeting; what does not work there is said when the client asks for it alone. */
function speculate(server: ServerState, client: Client, command: Document): Document {
  if (command.mechanism !== MECHANISM) return {};
  const { ok: _, ...speculativeAuthenticate } = saslStart(server, client, command);
  return { speculativeAuthenticate };
}

function saslStart({ credentials }: ServerState, client: Client, command: Document): Document {
  if (credentials === undefined)
    return fail(18, "saslStart", command.mechanism, "no login: there is no user");
  if (command.mechanism !== MECHANISM) return fail(334, "mechanism", command.mechanism, MECHANISM);
  const steps = credentials.start(payloadOf(command));
  const skipsEmpty = isDocument(command.options) && command.options.skipEmptyExchange === true;
  client.conversation = { steps, skipsEmpty, isProven: false };
  return { conversationId: 1, done: false, payload: Buffer.from(steps.first), ok: 1 };
}

function saslContinue(client: Client, command: Document): Document {
  const { conversation } = client;
  if (conversation === undefined)
    return fail(17, "saslContinue", command.conversationId, "saslStart before it");
  if (conversation.isProven) {
    client.conversation = undefined;
    client.isTrusted = true;
    return { conversationId: 1, done: true, payload: new Uint8Array(0), ok: 1 };
  }
  client.conversation = undefined;
  const proof = Buffer.from(conversation.steps.finish(payloadOf(command)));
  if (conversation.skipsEmpty) client.isTrusted = true;
  else client.conversation = { ...conversation, isProven: true };
  return { conversationId: 1, done: conversation.skipsEmpty, payload: proof, ok: 1 };
}

function payloadOf({ payload }: Document): string {
  if (payload instanceof Uint8Array) return Buffer.from(payload).toString();
  if (payload instanceof Binary) return Buffer.from(payload.bytes).toString();
  return fail(14, "payload", payload, "binary");
}

function ownerOf(command: Document, field: string): CursorOwner {
  return {
    namespace: `${String(command.$db)}.${String(command[field])}`,
    session: ServerSessions.nameOf(command),
    isInTransaction: command.autocommit === false,
  };
}

function numberOf(command: Document, name: string): number | undefined {
  const value = command[name];
  if (value === undefined || value === null) return undefined;
  const number = isNumeric(value) ? toNumber(value) : fail(14, name, value, "a number");
  return name === "limit" || number >= 0 ? number : fail(2, name, value, "a number from 0 on");
}
