import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { seededRandom } from "@millrace/base";

/** What may go wrong between a client and a server of HTTP. */
export const PROXY_FAULTS = [
  "slow",
  "5xx",
  "cut",
  "lost-answer",
  "truncated",
  "garbled",
  "stale",
  "silent",
] as const;

/** One of {@link PROXY_FAULTS}. */
export type ProxyFault = (typeof PROXY_FAULTS)[number];

/** What a {@link FaultProxy} does wrong, and how often. */
export interface FaultProxyOptions {
  /** The same seed gives the same faults to the same requests in the same order. */
  readonly seed: number;
  /** @default all but "silent" */
  readonly faults?: readonly ProxyFault[];
  /** Which requests may meet one. @default all */
  readonly applies?: (method: string, path: string) => boolean;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const SLOW_MS = 20;

/**
 * An HTTP server in this process that hands requests on to a real one, and does to some of them what networks do.
 *
 * "cut" ends the connection before the server hears of the request, "lost-answer" after it has done it; "truncated" and
 * "garbled" change the body of the answer; "stale" gives the answer that the same request had before, where there is one.
 *
 * @example
 * await using proxy = new FaultProxy("http://127.0.0.1:7070", { seed: 1 });
 * const endpoint = await proxy.listen();
 * proxy.rate = 0.1;
 */
export class FaultProxy implements AsyncDisposable {
  /** The part of requests that meet a fault, 0 to 1. */
  rate = 0;
  /** How often each fault came. */
  readonly counts: Map<ProxyFault, number> = new Map();
  readonly #target: string;
  readonly #options: Required<FaultProxyOptions>;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #before = new Map<string, Answer>();
  readonly #server = createServer((incoming, response) => {
    this.#serve(incoming, response).catch(() => response.destroy());
  });

  /** @param target - the server's address, without a slash at the end */
  constructor(target: string, options: FaultProxyOptions) {
    this.#target = target;
    const faults = PROXY_FAULTS.filter((fault) => fault !== "silent");
    this.#options = { faults, applies: () => true, ...options };
    this.#random = seededRandom(options.seed);
  }

  /** Begins to answer. @returns its address, without a slash at the end */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const fault = this.#draw(method, url);
    const body = await bodyOf(incoming);
    if (fault === "silent") return;
    if (fault === "cut") return void response.destroy();
    if (fault === "5xx") return void response.writeHead(503, { "content-length": 9 }).end("slow down");
    const asked = `${method} ${url} ${incoming.headers.range ?? ""}`;
    const stale = fault === "stale" ? this.#before.get(asked) : undefined;
    const answer = stale ?? (await this.#forward(incoming, body));
    if (method === "GET" || method === "HEAD") this.#before.set(asked, stale ?? answer);
    if (fault === "lost-answer") return void response.destroy();
    if (fault === "slow") await new Promise((tick) => setTimeout(tick, SLOW_MS));
    const said = fault === "garbled" ? this.#garble(answer.body) : answer.body;
    response.writeHead(answer.status, answer.headers);
    if (fault === "truncated" && said.length > 1) {
      response.write(said.subarray(0, said.length >> 1), () => response.destroy());
    } else response.end(said);
  }

  #draw(method: string, path: string): ProxyFault | undefined {
    const isMet = this.#random.next() < this.rate && this.#options.applies(method, path);
    const { faults } = this.#options;
    const fault = faults[Math.floor(this.#random.next() * faults.length)];
    if (!isMet || fault === undefined) return undefined;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return fault;
  }

  #garble(body: Buffer): Buffer {
    const garbled = Buffer.from(body);
    const at = Math.floor(this.#random.next() * garbled.length);
    if (garbled.length > 0) garbled[at] = garbled[at]! ^ (1 << Math.floor(this.#random.next() * 8));
    return garbled;
  }

  async #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const { method, url, headers } = incoming;
    const outgoing = request(this.#target + url, { method, headers, agent: this.#agent });
    // Also what comes after the answer, as some servers end a body that they must not send.
    outgoing.on("error", () => {});
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: await bodyOf(answer) };
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
