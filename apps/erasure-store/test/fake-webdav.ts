import type { IncomingMessage, ServerResponse } from "node:http";
import { FakeServer } from "@millrace/testkit";

/** As much of WebDAV as the store speaks, in memory, by full path; no oracle: the slow lane has a real server. */
export class FakeWebDav extends FakeServer {
  readonly files: Map<string, Buffer> = new Map();
  readonly collections: Set<string> = new Set(["/"]);

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const { method = "GET", headers } = request;
    if (headers.authorization !== `Basic ${Buffer.from("user:pass").toString("base64")}`) {
      response.writeHead(401).end();
      return;
    }
    const path = pathOf(request.url ?? "/");
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    const found = this.files.get(path);
    const say = (status: number, body: string | Buffer = ""): void => {
      response.writeHead(status, { "content-length": Buffer.byteLength(body) });
      response.end(method === "HEAD" ? undefined : body);
    };
    if (method === "MKCOL") {
      if (this.collections.has(path)) say(405);
      else if (!this.collections.has(parent)) say(409);
      else {
        this.collections.add(path);
        say(201);
      }
    } else if (method === "PROPFIND") {
      if (!this.collections.has(path)) return say(404);
      const below = [...this.files.keys(), ...this.collections].filter(
        (other) =>
          other !== path && other.startsWith(`${path}/`) && !other.slice(path.length + 1).includes("/"),
      );
      const rows = [`${path}/`, ...(headers.depth === "1" ? below : [])];
      say(207, rows.map((row) => `<D:response><D:href>${encodeURI(row)}</D:href></D:response>`).join(""));
    } else if (method === "PUT") {
      if (!this.collections.has(parent)) return say(409);
      this.files.set(path, Buffer.concat(pieces));
      say(201);
    } else if (method === "MOVE") {
      const target = pathOf(String(headers.destination));
      const isTaken = this.files.has(target) || this.collections.has(target);
      if (headers.overwrite === "F" && isTaken) return say(412);
      if (found === undefined && !this.collections.has(path)) return say(404);
      for (const [from, content] of [...this.files]) {
        if (from !== path && !from.startsWith(`${path}/`)) continue;
        this.files.delete(from);
        this.files.set(target + from.slice(path.length), content);
      }
      if (this.collections.delete(path)) this.collections.add(target);
      say(204);
    } else if (method === "DELETE") {
      const isThere = found !== undefined || this.collections.has(path);
      for (const key of [...this.files.keys()])
        if (key === path || key.startsWith(`${path}/`)) this.files.delete(key);
      for (const key of [...this.collections])
        if (key === path || key.startsWith(`${path}/`)) this.collections.delete(key);
      say(isThere ? 204 : 404);
    } else if (found === undefined) say(404);
    else {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
      if (first === undefined) say(200, found);
      else say(206, found.subarray(Number(first), Number(last) + 1));
    }
  }
}

function pathOf(url: string): string {
  return decodeURIComponent(new URL(url, "http://x").pathname).replace(/(?<=.)\/+$/, "");
}
