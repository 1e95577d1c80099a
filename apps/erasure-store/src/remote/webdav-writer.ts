import { ClosedError } from "@millrace/base";
import { SpilledBytes, type TemporarySpace } from "@millrace/files";
import type { HttpClient } from "@millrace/remote";
import type { BackendWriter } from "../backend.ts";
import { MEMORY_BYTES } from "./http-settings.ts";

/**
 * Writes one value under a name beside its own, which it then moves over it (MOVE, RFC 4918, section 9.9). WebDAV knows
 * no parts: the value is gathered, and sent at once.
 */
export class WebDavWriter implements BackendWriter {
  readonly #client: HttpClient;
  readonly #url: string;
  readonly #temporaryUrl: string;
  readonly #content: SpilledBytes;
  /** Writes take turns. */
  #turn: Promise<void> = Promise.resolve();
  #isDone = false;

  constructor(client: HttpClient, url: string, temporary: TemporarySpace) {
    this.#client = client;
    this.#url = url;
    this.#content = new SpilledBytes(temporary, MEMORY_BYTES);
    const slash = url.lastIndexOf("/") + 1;
    this.#temporaryUrl = `${url.slice(0, slash)}.${url.slice(slash)}.${crypto.randomUUID()}.tmp`;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#url);
    const done = this.#turn.then(() => this.#content.append(bytes));
    this.#turn = done.catch(() => {});
    return done;
  }

  async commit(): Promise<void> {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#url);
    this.#isDone = true;
    const url = this.#temporaryUrl;
    try {
      await this.#turn;
      await this.#client.send({ method: "PUT", url, body: this.#content });
      const headers = { destination: this.#url, overwrite: "T" };
      await this.#client.send({ method: "MOVE", url, headers });
    } catch (error) {
      // A second error of the clean-up would only hide the first.
      await this.#client.send({ method: "DELETE", url, expected: [404] }).catch(() => {});
      throw error;
    } finally {
      await this.#content.close();
    }
  }

  async abort(): Promise<void> {
    this.#isDone = true;
    await this.#turn;
    await this.#content.close();
  }
}
