import type * as Dgram from "node:dgram";
import type * as Net from "node:net";
import { InvalidArgumentError, IoError, MillraceError } from "@millrace/base";
import { ByteQueue, MemoryBudget } from "@millrace/stream";

/** Where events come from or go to. */
export interface LiveAddress {
  readonly protocol: "tcp" | "udp" | "stdio";
  readonly host: string;
  readonly port: number;
}

/** Bytes as they arrive, and the end of their coming. */
export interface LivePieces {
  /** Where it listens, as a URL with the port that it got. */
  readonly url: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Datagrams that found no room. */
  readonly dropped: () => number;
  close(): Promise<void>;
}

/** A place that bytes are sent to. */
export interface LiveOutput {
  send(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Reads "udp://127.0.0.1:3333", "tcp://host:port", or "-" for stdin and stdout. @throws InvalidArgumentError */
export function parseLiveUrl(url: string): LiveAddress {
  if (url === "-") return { protocol: "stdio", host: "", port: 0 };
  const match = /^(tcp|udp):\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d{1,5})$/i.exec(url);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    const expected = '"udp://host:port", "tcp://host:port" or "-"';
    throw new InvalidArgumentError("EVENTS_LIVE_URL", "URL of live events", url, expected);
  }
  const protocol = match[1]!.toLowerCase() === "tcp" ? "tcp" : "udp";
  return { protocol, host: match[2]!.replaceAll(/[[\]]/g, ""), port };
}

/** Receives datagrams; those that come while `queueBytes` of them wait are dropped and counted. */
export async function receiveDatagrams({ host, port }: LiveAddress, queueBytes: number): Promise<LivePieces> {
  const dgram = nodeModule<typeof Dgram>("dgram");
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  const budget = new MemoryBudget(queueBytes);
  const queue = new ByteQueue<Uint8Array>(budget);
  let dropped = 0;
  socket.on("message", (message) => {
    if (budget.statistics.usedBytes + message.byteLength > queueBytes) dropped++;
    // Refused only once nobody reads any more.
    else queue.push(message).catch(() => dropped++);
  });
  await once(socket, "listening", () => socket.bind(port, host), `udp://${host}:${port}`);
  const url = `udp://${host}:${socket.address().port}`;
  socket.on("error", (cause) => queue.fail(liveError(url, cause)));
  const close = async (): Promise<void> => {
    queue.close();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  };
  return { url, pieces: queue, dropped: () => dropped, close: onlyOnce(close) };
}

/** Bytes of one connection: of the first that comes in, or of one that is made. */
export async function receiveStream({ host, port }: LiveAddress, isListening: boolean): Promise<LivePieces> {
  const net = nodeModule<typeof Net>("net");
  if (!isListening) {
    const socket = net.connect(port, host);
    const url = `tcp://${host}:${port}`;
    await once(socket, "connect", () => {}, url);
    const close = async (): Promise<void> => void socket.destroy();
    return { url, pieces: guarded(socket, url), dropped: () => 0, close };
  }
  const server = net.createServer();
  const { promise, resolve } = Promise.withResolvers<Net.Socket | undefined>();
  server.once("connection", (socket) => {
    server.close();
    resolve(socket);
  });
  await once(server, "listening", () => server.listen(port, host), `tcp://${host}:${port}`);
  const address = server.address();
  const url = `tcp://${host}:${typeof address === "object" ? (address?.port ?? port) : port}`;
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    const socket = await promise;
    if (socket !== undefined) yield* guarded(socket, url);
  };
  const close = async (): Promise<void> => {
    server.close();
    resolve(undefined);
    (await promise)?.destroy();
  };
  return { url, pieces: pieces(), dropped: () => 0, close };
}

/** Most bytes of a datagram: what every network passes on in one piece, in whole events. */
export const DATAGRAM_BYTES = 1400;

/** Sends datagrams. */
export async function sendDatagrams({ host, port }: LiveAddress): Promise<LiveOutput> {
  const dgram = nodeModule<typeof Dgram>("dgram");
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) =>
      socket.send(bytes, port, host, (cause) =>
        cause === null ? resolve() : reject(liveError(`udp://${host}:${port}`, cause)),
      ),
    );
  return { send, close: onlyOnce(() => new Promise<void>((resolve) => socket.close(() => resolve()))) };
}

/** Sends bytes over a connection that it makes. */
export async function sendStream({ host, port }: LiveAddress): Promise<LiveOutput> {
  const net = nodeModule<typeof Net>("net");
  const url = `tcp://${host}:${port}`;
  const socket = net.connect(port, host);
  await once(socket, "connect", () => {}, url);
  // Each `send` tells of a failure; without a listener it would end the process.
  socket.on("error", () => {});
  return {
    send: (bytes) => written(socket, bytes, url),
    close: onlyOnce(() => new Promise<void>((resolve) => socket.end(() => resolve()))),
  };
}

/** Writes to stdout, which stays open. */
export function sendToStdout(): LiveOutput {
  return { send: (bytes) => written(process.stdout, bytes, "stdout"), close: async () => {} };
}

/** Resolves when the bytes are handed over: whoever sends waits for whoever is slow. */
function written(stream: NodeJS.WritableStream, bytes: Uint8Array, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (cause) => (cause == null ? resolve() : reject(liveError(url, cause))));
  });
}

async function* guarded(socket: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* socket;
  } catch (cause) {
    throw liveError(url, cause);
  }
}

/** Waits for one event of an emitter; its error rejects. */
async function once(
  emitter: NodeJS.EventEmitter,
  name: string,
  start: () => void,
  url: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: unknown): void => reject(liveError(url, cause));
    emitter.once("error", onError);
    emitter.once(name, () => {
      emitter.off("error", onError);
      resolve();
    });
    start();
  });
}

function liveError(url: string, cause: unknown): IoError {
  const problem = `the connection failed (${cause instanceof Error ? cause.message : String(cause)})`;
  return new IoError("EVENTS_LIVE_FAILED", url, "socket", problem, { cause });
}

function onlyOnce(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= close());
}

/** A module of Node by its short name, found when it is used: a browser has none, and bundlers must not look for it. */
function nodeModule<T>(name: string): T {
  const found: unknown = globalThis.process?.getBuiltinModule?.(name);
  if (found !== undefined) return found as T;
  throw new MillraceError("EVENTS_LIVE_UNAVAILABLE", `live events need ${name}, which only Node has`);
}
