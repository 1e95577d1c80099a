import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { IoError, isMillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import { retry, throwIfAborted } from "@millrace/stream";

/** A body that is read when it is sent, each time that it is. */
export interface HttpBody {
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** One request. */
export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | HttpBody;
  /** Most bytes of an answer that are taken; more is an error. @default 64 MiB */
  readonly limitBytes?: number;
  /** Answers that are no errors, beside those from 200 to 299. @default none */
  readonly expected?: readonly number[];
}

/** What a server said, its body whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Signs a call, each time that it is sent. */
export type SignCall = (call: HttpCall) => Promise<Readonly<Record<string, string>>>;

/** How patient a client is. */
export interface HttpPatience {
  /** Calls in all. */
  readonly attempts: number;
  /** First wait between two, in milliseconds. */
  readonly baseDelayMs: number;
  /** A server that says nothing for so long has failed, in milliseconds. */
  readonly idleMs: number;
}

/** What a client does where nothing is given. */
export const DEFAULT_PATIENCE: HttpPatience = Object.freeze({
  attempts: 5,
  baseDelayMs: 100,
  idleMs: 30_000,
});

/** Codes of the errors, for those whose users know them by other names. */
export interface HttpErrorCodes {
  /** Of a server that cannot be reached or cannot answer now, after all attempts. */
  readonly failed: string;
  /** Of a server that does not want to. */
  readonly refused: string;
}

/** The codes where no others are given. */
export const DEFAULT_HTTP_ERROR_CODES: HttpErrorCodes = Object.freeze({
  failed: "REMOTE_SERVER_FAILED",
  refused: "REMOTE_SERVER_REFUSED",
});

/** Answer to what a server does not know, a condition for one; it is no better the next time. */
export const NOT_IMPLEMENTED = 501;
const DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Sends requests over kept connections and tries again what may pass: 429, answers from 500 on but 501, broken connections and
 * bodies that end early.
 *
 * node:http rather than fetch: a body in shared memory arrives wrong through fetch, without an error.
 */
export class HttpClient {
  readonly #sign: SignCall;
  readonly #patience: HttpPatience;
  readonly #codes: HttpErrorCodes;
  readonly #agents = {
    "http:": new HttpAgent({ keepAlive: true }),
    "https:": new HttpsAgent({ keepAlive: true }),
  };

  constructor(
    sign: SignCall,
    patience: HttpPatience = DEFAULT_PATIENCE,
    codes: HttpErrorCodes = DEFAULT_HTTP_ERROR_CODES,
  ) {
    this.#sign = sign;
    this.#patience = patience;
    this.#codes = codes;
  }

  /** @throws IoError `FILES_NOT_FOUND` for 404, `REMOTE_SERVER_REFUSED`, `REMOTE_SERVER_FAILED` or the codes that were given */
  send(call: HttpCall, signal?: AbortSignal): Promise<HttpAnswer> {
    const { attempts, baseDelayMs } = this.#patience;
    const isRetryable = (error: unknown): boolean => isMillraceError(error, this.#codes.failed);
    return retry(() => this.#sendOnce(call, signal), { attempts, baseDelayMs, signal, isRetryable });
  }

  async #sendOnce(call: HttpCall, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    throwIfAborted(signal, `${call.method} ${call.url}`);
    const answer = await this.#exchange(call, await this.#sign(call), signal);
    const { status } = answer;
    if ((status >= 200 && status < 300) || call.expected?.includes(status) === true) return answer;
    if (status === 404) throw fileError("FILES_NOT_FOUND", call.url, call.method);
    const said = Buffer.from(answer.body.subarray(0, 300)).toString("utf8").replaceAll(/\s+/g, " ");
    const isTransient = status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED);
    const code = isTransient ? this.#codes.failed : this.#codes.refused;
    throw new IoError(code, call.url, call.method, `the server answers ${status}: ${said}`);
  }

  #exchange(
    { method, url, body, limitBytes = DEFAULT_LIMIT_BYTES }: HttpCall,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const fail = (cause: unknown): void => {
      const problem = cause instanceof Error ? cause.message : String(cause);
      reject(new IoError(this.#codes.failed, url, method, problem, { cause }));
    };
    const { protocol } = new URL(url);
    const isSecure = protocol === "https:";
    const length = { "content-length": String(body?.length ?? 0) };
    const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
      method,
      headers: { ...headers, ...length },
      agent: isSecure ? this.#agents["https:"] : this.#agents["http:"],
      timeout: this.#patience.idleMs,
      ...(signal && { signal }),
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("the server says nothing")));
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      if (method === "HEAD") {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: new Uint8Array(0) });
        // Some servers send the end of a body all the same (Swift, with 404): it is no answer to the next request.
        if (incoming.headers["transfer-encoding"] === undefined) incoming.resume();
        else outgoing.destroy();
        return;
      }
      collect(incoming, limitBytes).then((bytes) => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes });
      }, fail);
    });
    if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
    // A server may answer, and refuse, before it has taken everything: its answer counts then.
    else pipeline(Readable.from(body.chunks(), { objectMode: false }), outgoing).catch(fail);
    return promise;
  }
}

/** The whole body. @throws Error when it is longer than allowed, or ends before its announced length */
async function collect(incoming: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > limitBytes) {
      incoming.destroy();
      throw new Error(`the answer has more than ${limitBytes} bytes`);
    }
    pieces.push(piece);
  }
  const announced = incoming.headers["content-length"];
  if (announced !== undefined && Number(announced) !== bytes) {
    throw new Error(`the answer has ${bytes} of ${announced} bytes`);
  }
  return Buffer.concat(pieces);
}
