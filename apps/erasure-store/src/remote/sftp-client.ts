import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { IoError, isMillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import { DEFAULT_PATIENCE, type HttpPatience } from "@millrace/remote";
import { retry } from "@millrace/stream";
import type { SFTPWrapper } from "ssh2";

/** Where an SFTP server is, and who asks. */
export interface SftpPlace {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** "SHA256:…" of the server's key, as `ssh-keygen -lf` prints it; "" refuses every server, and says what it has. */
  readonly fingerprint: string;
  /** Asked for once, when the first connection is made. */
  credentials(): Promise<SftpCredentials>;
}

/** A password, or a private key's text with the passphrase that it may need. */
export interface SftpCredentials {
  readonly password?: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
}

/** A connection that is open. */
export interface SftpSession {
  readonly sftp: SFTPWrapper;
  /** One request: `start` makes it and gets the callback. @throws IoError */
  call<T>(what: string, path: string, start: (done: SftpCallback<T>) => void): Promise<T>;
}

/** As ssh2 calls back. */
export type SftpCallback<T> = (error: Error | null | undefined, result?: T) => void;

/** Answers of SFTP, draft-ietf-secsh-filexfer-02, section 7. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const FAILURE = 4;
const OP_UNSUPPORTED = 8;

interface Connection extends SftpSession {
  readonly socket: Socket;
  end(): void;
}

/**
 * Keeps one connection to an SFTP server, over which many requests are under way at once. What a broken connection
 * interrupts is done again over a new one; so it must be such that this is no harm.
 */
export class SftpClient {
  readonly #place: SftpPlace;
  readonly #patience: HttpPatience;
  #credentials: Promise<SftpCredentials> | undefined;
  #connection: Promise<Connection> | undefined;
  #inFlight = 0;

  constructor(place: SftpPlace, patience: HttpPatience = DEFAULT_PATIENCE) {
    this.#place = place;
    this.#patience = patience;
  }

  /** @throws IoError `FILES_NOT_FOUND`, `STORE_BACKEND_REFUSED`, `STORE_BACKEND_FAILED` */
  run<T>(work: (session: SftpSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { attempts, baseDelayMs } = this.#patience;
    const isRetryable = (error: unknown): boolean => isMillraceError(error, "STORE_BACKEND_FAILED");
    return retry(() => this.#runOnce(work), { attempts, baseDelayMs, signal, isRetryable });
  }

  async #runOnce<T>(work: (session: SftpSession) => Promise<T>): Promise<T> {
    this.#connection ??= this.#connect();
    const made = this.#connection;
    this.#inFlight++;
    let connection: Connection | undefined;
    try {
      connection = await made;
      // A connection that nobody waits for must not keep the process alive.
      connection.socket.ref();
      return await work(connection);
    } catch (error) {
      if (isMillraceError(error, "STORE_BACKEND_FAILED")) {
        connection?.end();
        if (this.#connection === made) this.#connection = undefined;
      } else if (connection === undefined) this.#connection = undefined;
      throw error;
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) connection?.socket.unref();
    }
  }

  async #connect(): Promise<Connection> {
    const { host, port, username, fingerprint } = this.#place;
    const where = `sftp://${username}@${host}:${port}`;
    this.#credentials ??= this.#place.credentials();
    const credentials = await this.#credentials;
    // Loaded when it is needed: most stores have no SFTP.
    const { default: ssh2 } = await import("ssh2");
    const client = new ssh2.Client();
    const { idleMs } = this.#patience;
    const { promise, resolve, reject } = Promise.withResolvers<SFTPWrapper>();
    let refusal: IoError | undefined;
    const fail = (cause: Error & { readonly level?: string }): void => {
      const code = cause.level === "client-authentication" ? "STORE_BACKEND_REFUSED" : "STORE_BACKEND_FAILED";
      reject(refusal ?? new IoError(code, where, "connect", cause.message, { cause }));
    };
    // Requests are small and each waits for its answer: Nagle would hold them back.
    const socket = connect(port, host).setNoDelay();
    client.on("error", fail);
    client.on("close", () => fail(new Error("the server ended the connection")));
    client.on("ready", () => client.sftp((error, sftp) => (error ? fail(error) : resolve(sftp))));
    const hostVerifier = (key: Buffer): boolean => {
      const found = `SHA256:${createHash("sha256").update(key).digest("base64").replaceAll("=", "")}`;
      if (found === fingerprint) return true;
      const problem =
        fingerprint === ""
          ? `the location has no fingerprint; where ${found} is the server's, add ?fingerprint=${found}`
          : `the server's key is ${found}, ${fingerprint} is expected; somebody may be in between`;
      refusal = new IoError("STORE_BACKEND_REFUSED", where, "connect", problem);
      return false;
    };
    try {
      client.connect({ sock: socket, username, ...credentials, readyTimeout: idleMs, hostVerifier });
    } catch (cause) {
      // A private key that is none.
      socket.destroy();
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new IoError("STORE_BACKEND_REFUSED", where, "connect", problem, { cause });
    }
    const end = (): void => {
      client.destroy();
    };
    try {
      const sftp = await promise;
      return { socket, sftp, end, call: (what, path, start) => callOnce(what, path, idleMs, end, start) };
    } catch (error) {
      end();
      throw error;
    }
  }
}

/** One request with a limit of its own: ssh2 waits for ever for a server that says nothing. */
async function callOnce<T>(
  what: string,
  path: string,
  idleMs: number,
  end: () => void,
  start: (done: SftpCallback<T>) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    reject(new IoError("STORE_BACKEND_FAILED", path, what, "the server says nothing"));
    end();
  }, idleMs);
  try {
    start((error, result) => (error ? reject(errorOf(error, what, path)) : resolve(result as T)));
    return await promise;
  } catch (error) {
    // ssh2 throws at once what is no answer: an extension that the server has not.
    throw error instanceof IoError ? error : errorOf(error as Error, what, path);
  } finally {
    clearTimeout(timer);
  }
}

function errorOf(cause: Error & { readonly code?: unknown }, what: string, path: string): IoError {
  if (cause.code === NO_SUCH_FILE) return fileError("FILES_NOT_FOUND", path, what);
  if (cause.code === PERMISSION_DENIED) return fileError("FILES_NO_PERMISSION", path, what);
  if (/does not support/.test(cause.message)) {
    return new IoError("STORE_BACKEND_UNSUPPORTED", path, what, "the server has no such extension", {
      cause,
    });
  }
  const isAnswer = cause.code === FAILURE || cause.code === OP_UNSUPPORTED;
  const code = isAnswer ? "STORE_BACKEND_REFUSED" : "STORE_BACKEND_FAILED";
  const problem = isAnswer ? `the server answers: ${cause.message}` : cause.message;
  return new IoError(code, path, what, problem, { cause });
}
