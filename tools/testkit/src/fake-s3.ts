import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FakeServer } from "./fake-server.ts";

/** What a server does wrong with one request; of a "lost" answer the request is done. */
export type HttpFault = "5xx" | "cut" | "truncated" | "garbled" | "silent" | "lost" | "slow";

/**
 * As much of S3 as the apps speak, in memory, and faults on demand. It is no oracle of S3: the slow lane has a real
 * server.
 */
export class FakeS3 extends FakeServer {
  readonly objects: Map<string, Buffer> = new Map();
  readonly requests: string[] = [];
  /** Whether it does as if there were no conditions and no ranges, as simple servers do. */
  isSimple = false;
  /** Whether no If-Match holds for it, as for radosgw 16. */
  misreadsIfMatch = false;
  /** Whether it refuses requests with conditions, as Swift does. */
  refusesConditions = false;
  /** Bytes of all that was put. */
  putBytes = 0;
  /** Asked before each request; undefined lets it pass. */
  fault: (method: string, path: string) => HttpFault | undefined | Promise<undefined> = () => undefined;
  readonly #uploads = new Map<string, Map<number, Buffer>>();
  readonly #etags = new Map<string, string>();
  #uploadCount = 0;

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers } = request;
    const url = new URL(request.url ?? "/", "http://x");
    const path = decodeURIComponent(url.pathname.slice(1));
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = Buffer.concat(pieces);
    this.requests.push(`${method} ${path}`);
    if (method === "PUT") this.putBytes += body.length;
    const fault = await this.fault(method, path);
    if (fault === "silent") return;
    if (fault === "cut") {
      response.destroy();
      return;
    }
    if (fault === "5xx") {
      response.writeHead(503).end("slow down");
      return;
    }
    const digest = createHash("sha256").update(body).digest("hex");
    const isSigned =
      headers["x-amz-content-sha256"] === digest &&
      /^AWS4-HMAC-SHA256 Credential=id\//.test(headers.authorization ?? "");
    if (!isSigned) {
      response.writeHead(403).end("<Error>not signed</Error>");
      return;
    }
    const { status, answer, more } = this.#answer(method, path, url.searchParams, headers, body);
    if (fault === "slow") await new Promise((tick) => setTimeout(tick, 300));
    if (fault === "lost") {
      response.destroy();
      return;
    }
    response.writeHead(status, { "content-length": answer.length, ...more });
    if (method === "HEAD") response.end();
    else if (fault === "truncated") {
      response.write(answer.subarray(0, answer.length >> 1), () => response.destroy());
    } else response.end(fault === "garbled" ? answer.map((byte) => byte ^ 85) : answer);
  }

  #answer(
    method: string,
    path: string,
    query: URLSearchParams,
    headers: IncomingMessage["headers"],
    body: Buffer,
  ): { status: number; answer: Buffer; more?: Record<string, string> } {
    const say = (status: number, text = ""): { status: number; answer: Buffer } => ({
      status,
      answer: Buffer.from(text),
    });
    const upload = query.get("uploadId");
    if (query.has("uploads")) {
      if (method === "GET") {
        const start = `${path}/${query.get("prefix") ?? ""}`;
        const keyOf = (id: string): string => id.slice(id.indexOf("/") + 1, id.indexOf("#"));
        const [afterKey, afterId] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
        const isAfter = (id: string): boolean =>
          keyOf(id) > afterKey || (keyOf(id) === afterKey && id > afterId);
        const found = [...this.#uploads.keys()].filter((id) => id.startsWith(start) && isAfter(id)).sort();
        const page = found.slice(0, 2);
        const rows = page.map((id) => `<Upload><Key>${keyOf(id)}</Key><UploadId>${id}</UploadId></Upload>`);
        const last = page.at(-1) ?? "";
        const next = `<NextKeyMarker>${keyOf(last)}</NextKeyMarker><NextUploadIdMarker>${last}</NextUploadIdMarker>`;
        return say(200, `<IsTruncated>${found.length > 2}</IsTruncated>${next}${rows.join("")}`);
      }
      const id = `${path}#${++this.#uploadCount}`;
      this.#uploads.set(id, new Map());
      return say(200, `<UploadId>${id}</UploadId>`);
    }
    if (upload !== null) {
      const parts = this.#uploads.get(upload);
      if (parts === undefined) return say(404);
      if (method === "PUT") {
        parts.set(Number(query.get("partNumber")), body);
        return { ...say(200), more: { etag: etagOf(body) } };
      }
      if (method === "GET") {
        const after = Number(query.get("part-number-marker"));
        const numbers = [...parts.keys()].filter((number) => number > after).sort((a, b) => a - b);
        const rows = numbers
          .slice(0, 2)
          .map(
            (number) =>
              `<Part><PartNumber>${number}</PartNumber><ETag>${etagOf(parts.get(number)!).replaceAll('"', "&#34;")}</ETag></Part>`,
          );
        const next = `<NextPartNumberMarker>${numbers[1]}</NextPartNumberMarker>`;
        return say(200, `<IsTruncated>${numbers.length > 2}</IsTruncated>${next}${rows.join("")}`);
      }
      if (method === "POST") {
        const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
        this.objects.set(path, Buffer.concat(ordered));
        const digests = ordered.map((part) => createHash("md5").update(part).digest());
        const digest = createHash("md5").update(Buffer.concat(digests)).digest("hex");
        this.#etags.set(path, `"${digest}-${ordered.length}"`);
      }
      this.#uploads.delete(upload);
      return say(method === "POST" ? 200 : 204);
    }
    if (query.has("list-type")) {
      const bucket = `${path}/`;
      const prefix = bucket + (query.get("prefix") ?? "");
      const after = query.get("continuation-token") ?? "";
      const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
      const page = keys.slice(0, 5);
      const rows = page.map((key) => `<Key>${key.slice(bucket.length)}</Key>`).join("");
      const isMore = keys.length > page.length;
      const token = isMore ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
      return say(200, `<IsTruncated>${isMore}</IsTruncated>${rows}${token}`);
    }
    if (!path.includes("/")) return say(method === "PUT" ? 409 : 200);
    const found = this.objects.get(path);
    if (method === "PUT") {
      const isConditional = headers["if-none-match"] !== undefined || headers["if-match"] !== undefined;
      if (isConditional && this.refusesConditions) return say(501);
      if (headers["if-none-match"] === "*" && !this.isSimple && found !== undefined) return say(412);
      const match = headers["if-match"];
      if (match !== undefined && !this.isSimple) {
        if (found === undefined) return say(404);
        if (match !== etagOf(found) || this.misreadsIfMatch) return say(412);
      }
      this.objects.set(path, body);
      return say(200);
    }
    if (method === "DELETE") {
      this.objects.delete(path);
      return say(204);
    }
    if (found === undefined) return say(404);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    const etag = this.#etags.get(path) ?? etagOf(found);
    if (first === undefined || this.isSimple) return { status: 200, answer: found, more: { etag } };
    return { status: 206, answer: found.subarray(Number(first), Number(last) + 1) };
  }
}

function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}
