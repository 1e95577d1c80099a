import { CapacityError, ClosedError } from "@millrace/base";
import { GrowableUint8 } from "@millrace/buffers";
import type { BackendWriter } from "../backend.ts";
import type { HttpClient } from "./http-client.ts";

/** WebDAV knows no parts: a shard is sent at once, out of memory. */
const MAX_VALUE_BYTES = 1024 * 1024 * 1024;

/** Writes one value under a name beside its own, which it then moves over it (MOVE, RFC 4918, section 9.9). */
export class WebDavWriter implements BackendWriter {
  readonly #client: HttpClient;
  readonly #url: string;
  readonly #temporaryUrl: string;
  readonly #content = new GrowableUint8();
  #isDone = false;

  constructor(client: HttpClient, url: string) {
    this.#client = client;
    this.#url = url;
    const slash = url.lastIndexOf("/") + 1;
    this.#temporaryUrl = `${url.slice(0, slash)}.${url.slice(slash)}.${crypto.randomUUID()}.tmp`;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#url);
    const total = this.#content.length + bytes.length;
    if (total > MAX_VALUE_BYTES) {
      throw new CapacityError("STORE_VALUE_LIMIT", `a shard on WebDAV, ${this.#url}`, total, MAX_VALUE_BYTES);
    }
    this.#content.pushMany(bytes);
  }

  async commit(): Promise<void> {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#url);
    this.#isDone = true;
    const url = this.#temporaryUrl;
    try {
      await this.#client.send({ method: "PUT", url, body: this.#content.view() });
      const headers = { destination: this.#url, overwrite: "T" };
      await this.#client.send({ method: "MOVE", url, headers });
    } catch (error) {
      // A second error of the clean-up would only hide the first.
      await this.#client.send({ method: "DELETE", url, expected: [404] }).catch(() => {});
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#isDone = true;
    this.#content.clear();
  }
}
