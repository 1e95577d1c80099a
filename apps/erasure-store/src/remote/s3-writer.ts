import { ClosedError, IoError } from "@millrace/base";
import type { BackendWriter } from "../backend.ts";
import type { HttpClient } from "./http-client.ts";

/** The least that S3 takes as a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024;
/** After so many parts they become twice as large, so that 10,000 of them, which is the limit, are enough for 5 TiB. */
const PARTS_OF_A_SIZE = 1000;

/** Writes one value: in one request where it is small, else in parts, which appear together at the end. */
export class S3Writer implements BackendWriter {
  readonly #client: HttpClient;
  readonly #url: string;
  readonly #etags: string[] = [];
  #buffer: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #uploadId: string | undefined;
  /** Writes take turns. */
  #turn: Promise<void> = Promise.resolve();
  #isDone = false;

  constructor(client: HttpClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  write(bytes: Uint8Array): Promise<void> {
    const done = this.#turn.then(() => this.#append(bytes));
    this.#turn = done.catch(() => {});
    return done;
  }

  async commit(): Promise<void> {
    await this.#turn;
    this.#checkOpen();
    const rest = this.#buffer.subarray(0, this.#filled);
    if (this.#uploadId === undefined) {
      await this.#client.send({ method: "PUT", url: this.#url, body: rest });
    } else {
      if (this.#filled > 0) await this.#sendPart(rest);
      const parts = this.#etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const xml = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
      const url = this.#uploadUrl(this.#uploadId);
      const { body } = await this.#client.send({ method: "POST", url, body: new TextEncoder().encode(xml) });
      // S3 may say 200 first, and fail then.
      const said = Buffer.from(body).toString("utf8");
      if (said.includes("<Error>")) throw new IoError("STORE_BACKEND_FAILED", this.#url, "POST", said);
    }
    this.#isDone = true;
  }

  async abort(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#turn;
    if (this.#uploadId === undefined) return;
    await this.#client.send({ method: "DELETE", url: this.#uploadUrl(this.#uploadId), expected: [404] });
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    for (let at = 0; at < bytes.length; ) {
      const partBytes = PART_BYTES * 2 ** Math.floor(this.#etags.length / PARTS_OF_A_SIZE);
      if (this.#filled === partBytes) {
        await this.#sendPart(this.#buffer);
        this.#filled = 0;
        continue;
      }
      const count = Math.min(bytes.length - at, partBytes - this.#filled);
      this.#reserve(this.#filled + count, partBytes);
      this.#buffer.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
    }
  }

  /** Small values take little memory: the buffer grows by doubling up to a part. */
  #reserve(bytes: number, partBytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(partBytes, Math.max(bytes, 2 * this.#buffer.length)));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }

  async #sendPart(body: Uint8Array): Promise<void> {
    this.#uploadId ??= await this.#begin();
    const number = this.#etags.length + 1;
    const url = `${this.#uploadUrl(this.#uploadId)}&partNumber=${number}`;
    const { headers } = await this.#client.send({ method: "PUT", url, body });
    const { etag } = headers;
    if (typeof etag !== "string") {
      throw new IoError("STORE_BACKEND_FAILED", url, "PUT", "the server does not name the part");
    }
    this.#etags.push(etag);
  }

  async #begin(): Promise<string> {
    const { body } = await this.#client.send({ method: "POST", url: `${this.#url}?uploads=` });
    const [, uploadId] = /<UploadId>([^<]+)<\/UploadId>/.exec(Buffer.from(body).toString("utf8")) ?? [];
    if (uploadId !== undefined) return uploadId;
    throw new IoError("STORE_BACKEND_FAILED", this.#url, "POST", "the server does not number the upload");
  }

  #uploadUrl(uploadId: string): string {
    return `${this.#url}?uploadId=${encodeURIComponent(uploadId)}`;
  }

  #checkOpen(): void {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#url);
  }
}
