import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { recordingPath } from "@millrace/testkit";

/** A server of one page on this machine. */
export interface PageServer extends AsyncDisposable {
  /** "http://127.0.0.1:40123/". */
  readonly url: string;
}

/** Serves a page that runs `script`, and below `/recordings/` the real recordings, where there are any. */
export async function servePage(script: string): Promise<PageServer> {
  const page =
    '<!doctype html><meta charset="utf-8"><title>millrace</title><script type="module" src="/page.js"></script>';
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path === "/") response.setHeader("content-type", "text/html").end(page);
    else if (path === "/page.js") response.setHeader("content-type", "text/javascript").end(script);
    else if (path.startsWith("/recordings/")) response.end(await readFile(recordingPath(path.slice(12))));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
