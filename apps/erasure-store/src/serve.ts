import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidArgumentError, isMillraceError, resolveOptions } from "@millrace/base";
import { sha256Hex } from "@millrace/compress";
import { PROMETHEUS_CONTENT_TYPE, toPrometheusText } from "@millrace/metrics";
import type { ByteRange } from "./read-object.ts";
import type { ErasureStore } from "./store.ts";

/** How a store is served. */
export interface ServeOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Asked of every request as `Authorization: Bearer …`; needed for a host that others can reach. @default none */
  readonly token?: string | undefined;
}

/** A store that is being served. */
export interface ServedStore extends AsyncDisposable {
  /** Where: "http://127.0.0.1:4711". */
  readonly url: string;
  /** Takes no more requests, ends those that run, and closes; twice is fine. */
  close(): Promise<void>;
}

const DEFAULT_SERVE_OPTIONS: {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
} = Object.freeze({ host: "127.0.0.1", port: 0, token: undefined });

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const OBJECTS_PATH = "/objects/";

/**
 * Offers a store over HTTP: `GET`, `HEAD` (with `Range`), `PUT` and `DELETE` of `/objects/<name>`, `GET /objects/` for
 * a list as JSON (`?prefix=`), `GET /metrics` for Prometheus.
 * @throws InvalidArgumentError `STORE_SERVE_OPEN` for a host beyond loopback without a token
 */
export async function serveStore(store: ErasureStore, options: ServeOptions = {}): Promise<ServedStore> {
  const { host, port, token } = resolveOptions("store serve", DEFAULT_SERVE_OPTIONS, options);
  if (!LOOPBACK.has(host) && (token === undefined || token === "")) {
    const expected = "a token, since others can reach that host";
    throw new InvalidArgumentError("STORE_SERVE_OPEN", `host ${host}`, "no token", expected);
  }
  const server = createServer((request, response) => {
    answer(store, token, request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const close = (): Promise<void> => closeServer(server);
  return { url: `http://${shown}:${address.port}`, close, [Symbol.asyncDispose]: close };
}

async function answer(
  store: ErasureStore,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && !isAllowed(request, token)) {
    response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    return;
  }
  const url = new URL(request.url ?? "/", "http://store");
  const { method = "GET" } = request;
  if (url.pathname === "/metrics" && method === "GET") {
    const text = toPrometheusText(store.metrics.snapshot());
    response.writeHead(200, { "content-type": PROMETHEUS_CONTENT_TYPE }).end(text);
    return;
  }
  if (!url.pathname.startsWith(OBJECTS_PATH)) {
    response.writeHead(404).end();
    return;
  }
  const name = decodeName(url.pathname.slice(OBJECTS_PATH.length));
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  if (name === "" && method === "GET") {
    const objects = await store.list(url.searchParams.get("prefix") ?? "");
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ objects }));
  } else if (method === "GET" || method === "HEAD") {
    await sendObject(store, name, request, response, gone.signal);
  } else if (method === "PUT") {
    const { bytes } = await store.put(name, request, { signal: gone.signal });
    response
      .writeHead(201, { "content-type": "application/json" })
      .end(JSON.stringify({ object: name, bytes }));
  } else if (method === "DELETE") {
    await store.remove(name, { signal: gone.signal });
    response.writeHead(204).end();
  } else response.writeHead(405, { allow: "GET, HEAD, PUT, DELETE" }).end();
}

async function sendObject(
  store: ErasureStore,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { bytes } = await store.stat(name);
  const range = parseRange(request.headers.range, bytes);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${bytes}` }).end();
    return;
  }
  const { manifest, start, end, pieces } = await store.open(name, { signal, ...(range && { range }) });
  response.writeHead(range === undefined ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": end - start,
    "accept-ranges": "bytes",
    etag: `"${manifest.uploadId}"`,
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${manifest.bytes}` }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  for await (const piece of pieces) {
    // A copy: the socket may still hold a piece when the next one is read into the same memory.
    if (!response.write(piece.slice())) await once(response, "drain", { signal });
  }
  response.end();
}

/** One range of RFC 9110, section 14.1.2; other forms count as none. */
function parseRange(header: string | undefined, bytes: number): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const count = Math.min(bytes, Number(last));
    return count === 0 ? "unsatisfiable" : { start: bytes - count, end: bytes };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= bytes) return "unsatisfiable";
  return { start, end: last === "" ? bytes : Math.min(bytes, Number(last) + 1) };
}

/** Digests are compared, so that the time says nothing of the token. */
function isAllowed(request: IncomingMessage, token: string): boolean {
  const digestOf = (text: string): Uint8Array =>
    new TextEncoder().encode(sha256Hex(new TextEncoder().encode(text)));
  return timingSafeEqual(digestOf(request.headers.authorization ?? ""), digestOf(`Bearer ${token}`));
}

function decodeName(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // What decodeURIComponent says is less.
    const expected = "a name in percent-encoded UTF-8";
    throw new InvalidArgumentError("STORE_NAME_INVALID", "object name", path, expected);
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    // The client sees a body that ends before its length: never a wrong one that looks whole.
    response.destroy();
    return;
  }
  const isUnknown = isMillraceError(error, "STORE_OBJECT_UNKNOWN");
  const status = isUnknown ? 404 : error instanceof InvalidArgumentError ? 400 : 500;
  const message = isMillraceError(error) ? `${error.code}: ${error.message}` : "the store failed";
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${message}\n`);
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
