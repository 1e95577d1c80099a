import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on a port of 127.0.0.1 that is free. */
export abstract class FakeServer implements AsyncDisposable {
  // It keeps connections, however long they are idle: who takes one while it is closed has his request fail.
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    this.serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  protected abstract serve(request: IncomingMessage, response: ServerResponse): Promise<void>;

  /** Begins to answer. @returns the address, without a slash at the end */
  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}
