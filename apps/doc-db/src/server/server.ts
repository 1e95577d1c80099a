/** A database for MongoDB's drivers and shell. */
import { createServer, type Server, type Socket } from "node:net";
import { checkInteger, InvalidArgumentError, IoError, resolveOptions } from "@millrace/base";
import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { fail, LanguageError } from "../mql/error.ts";
import type { Client, ServerState } from "./commands.ts";
import { ServerCursors } from "./cursors.ts";
import { dispatch, failureReply } from "./dispatch.ts";
import { MAX_MESSAGE_BYTES, readFrames, readRequest, writeReply } from "./frames.ts";
import { Credentials, type User } from "./scram.ts";
import { ServerSessions } from "./sessions.ts";

/** Where a server listens, and for whom. */
export interface ServeOptions {
  /** Anything but this machine's own takes a user. @default "127.0.0.1" */
  readonly host?: string;
  /** 0 for any that is free. @default 27017 */
  readonly port?: number;
  /** Who may use it; without one everybody on this machine. @default none */
  readonly user?: User | undefined;
  /** Most connections at a time; others are closed at once. @default 1000 */
  readonly maxConnections?: number;
}

/** What {@link ServeOptions} are when they are not given. */
export const DEFAULT_SERVE_OPTIONS: Required<ServeOptions> = Object.freeze({
  host: "127.0.0.1",
  port: 27017,
  user: undefined,
  maxConnections: 1000,
});

/** Bytes of a message before the login. */
const STRANGER_BYTES = 64 * 1024;
const LOGIN_MS = 30_000;
const SWEEP_MS = 10_000;

/**
 * Serves a database to MongoDB's drivers and shell, until it is closed. The database stays open then.
 * @throws InvalidArgumentError `DOCDB_SERVE_OPEN` for another host than this machine's own without a user
 * @throws IoError `DOCDB_SERVE_FAILED` when the port is taken
 * @example
 * await using server = await serve(db, { port: 0 });
 * const client = await new MongoClient(server.address).connect();
 */
export async function serve(database: Database, options?: ServeOptions): Promise<DocumentServer> {
  const resolved = resolveOptions<Required<ServeOptions>>("docdb", DEFAULT_SERVE_OPTIONS, options);
  const { host, port, user } = resolved;
  checkInteger("docdb", "port", port, 0, 65_535);
  checkInteger("docdb", "maxConnections", resolved.maxConnections, 1, 1_000_000);
  if (user !== undefined && (user.name === "" || user.password === ""))
    throw new InvalidArgumentError("DOCDB_SERVE_OPEN", "user", user.name, "a name and a password");
  if (user === undefined && !isLoopback(host)) {
    const expected = "127.0.0.1, ::1 or localhost, as there is no user; give one to listen elsewhere";
    throw new InvalidArgumentError("DOCDB_SERVE_OPEN", "host", host, expected);
  }
  return DocumentServer.listen(database, resolved);
}

function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(host);
}

/** A server that listens. */
export class DocumentServer {
  readonly #server: Server;
  readonly #state: ServerState;
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  readonly #sweep: NodeJS.Timeout;
  #lastClient = 0;
  #lastReply = 0;
  #closing: Promise<void> | undefined;

  private constructor(database: Database, { user, maxConnections }: Required<ServeOptions>) {
    this.#state = {
      database,
      cursors: new ServerCursors(),
      sessions: new ServerSessions(database),
      credentials: user === undefined ? undefined : new Credentials(user),
      connections: () => this.#sockets.size,
      maxConnections,
    };
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = maxConnections;
    this.#sweep = setInterval(() => void this.sweep(Date.now()), SWEEP_MS).unref();
  }

  /** Made by {@link serve}. */
  static async listen(database: Database, options: Required<ServeOptions>): Promise<DocumentServer> {
    const server = new DocumentServer(database, options);
    const { host, port } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once("error", reject);
    server.#server.listen(port, host, resolve);
    try {
      await promise;
    } catch (error) {
      clearInterval(server.#sweep);
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      const seen = error instanceof Error ? error.message : String(error);
      const problem = isTaken
        ? "another program listens there; end it, or take another port (EADDRINUSE)"
        : seen;
      throw new IoError("DOCDB_SERVE_FAILED", `${host}:${port}`, "listen", problem, { cause: error });
    }
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** For drivers and the shell, without a user. */
  get address(): string {
    const address = this.#server.address();
    const host = typeof address === "object" && address !== null ? address.address : "";
    return `mongodb://${host.includes(":") ? `[${host}]` : host}:${this.port}/`;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Ends cursors and transactions that were left alone, which is done every ten seconds anyway. */
  async sweep(nowMs: number): Promise<void> {
    await this.#state.cursors.sweep(nowMs);
    await this.#state.sessions.sweep(nowMs);
  }

  /** Ends all connections and takes transactions back that go on; a second call does nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweep);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await this.#state.cursors.close();
    // A command may wait for a transaction that nobody ends any more.
    await this.#state.sessions.close();
    await Promise.all(this.#running);
    await this.#state.sessions.close();
    await promise;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const running = this.#talk(socket)
      // Bytes that are no message, or a connection that broke off: both end this connection and nothing else.
      .catch(() => {})
      .finally(() => {
        socket.destroy();
        this.#sockets.delete(socket);
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #talk(socket: Socket): Promise<void> {
    const isTrusted = this.#state.credentials === undefined;
    const client: Client = { id: ++this.#lastClient, isTrusted, conversation: undefined };
    // After an error the reading ends, which is where it is told.
    socket.on("error", () => {});
    const login = setTimeout(() => !client.isTrusted && socket.destroy(), LOGIN_MS).unref();
    try {
      const limit = (): number => (client.isTrusted ? MAX_MESSAGE_BYTES : STRANGER_BYTES);
      for await (const frame of readFrames(socket, limit)) {
        if (!(await this.#answer(socket, client, frame))) return;
      }
    } finally {
      clearTimeout(login);
    }
  }

  /** @returns whether the connection goes on */
  async #answer(socket: Socket, client: Client, frame: Uint8Array): Promise<boolean> {
    const request = readRequest(frame);
    if (request.kind === "compressed") {
      await this.#send(socket, writeReply(++this.#lastReply, request, compressionReply()));
      return false;
    }
    const reply = await dispatch(this.#state, client, request.command);
    if (request.isOneWay) return true;
    let bytes: Uint8Array;
    try {
      bytes = writeReply(++this.#lastReply, request, reply);
      if (bytes.length > MAX_MESSAGE_BYTES) fail(10334, "reply", bytes.length, `${MAX_MESSAGE_BYTES} bytes`);
    } catch (error) {
      bytes = writeReply(++this.#lastReply, request, failureReply(error, false));
    }
    await this.#send(socket, bytes);
    return !socket.destroyed;
  }

  async #send(socket: Socket, bytes: Uint8Array): Promise<void> {
    if (socket.destroyed || socket.write(bytes)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("drain", resolve).once("close", resolve);
    await promise;
    socket.off("drain", resolve).off("close", resolve);
  }
}

function compressionReply(): Document {
  const expected = "OP_MSG; the server did not say that it can decompress";
  return failureReply(new LanguageError(17, "message", "OP_COMPRESSED", expected), false);
}
