import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { HttpClient } from "../src/http-client.ts";

const PATIENCE = { attempts: 3, baseDelayMs: 1, idleMs: 1000 };

/** A server that answers each request on a connection with what `answer` says, byte for byte. */
async function withServer(
  answer: (request: string) => readonly string[],
  work: (address: string, connections: () => number) => Promise<void>,
): Promise<void> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("data", async (bytes) => {
      for (const part of answer(bytes.toString("latin1"))) {
        socket.write(part);
        await new Promise((next) => setImmediate(next));
      }
    });
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => connections);
  } finally {
    server.close();
  }
}

const client = (): HttpClient => new HttpClient(async () => ({}), PATIENCE);

it.each(["at once", "later"])(
  "does not take the end of a body that a HEAD must not have (sent %s) for the next answer",
  async (when) => {
    const head = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n";
    const end = "0\r\n\r\n";
    const answer = (request: string): string[] => {
      if (request.startsWith("HEAD")) return when === "at once" ? [head + end] : [head, end];
      return ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"];
    };
    await withServer(answer, async (address) => {
      const http = client();
      for (let i = 0; i < 3; i++) {
        const head = await http.send({ method: "HEAD", url: `${address}/x`, expected: [404] });
        expect(head.status).toBe(404);
        const { body } = await http.send({ method: "GET", url: `${address}/y` });
        expect(Buffer.from(body).toString()).toBe("hi");
      }
    });
  },
);

it("uses the connection again after a HEAD that ends as it must", async () => {
  const answer = (): string[] => ["HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n"];
  await withServer(answer, async (address, connections) => {
    const http = client();
    for (let i = 0; i < 3; i++) {
      expect((await http.send({ method: "HEAD", url: `${address}/x` })).headers["content-length"]).toBe("7");
    }
    expect(connections()).toBe(1);
  });
});

it("does not ask again for what the server does not know (501), but for what it cannot do now (503)", async () => {
  const asked: string[] = [];
  const answer = (request: string): string[] => {
    const path = request.split(" ")[1]!;
    asked.push(path);
    return [`HTTP/1.1 ${path.slice(1)} No\r\ncontent-length: 0\r\n\r\n`];
  };
  await withServer(answer, async (address) => {
    const send = (path: string): Promise<unknown> => client().send({ method: "PUT", url: address + path });
    await expect(send("/501")).rejects.toMatchObject({ code: "REMOTE_SERVER_REFUSED" });
    await expect(send("/503")).rejects.toMatchObject({ code: "REMOTE_SERVER_FAILED" });
    expect(asked).toEqual(["/501", "/503", "/503", "/503"]);
  });
});
