import { MillraceError } from "@millrace/base";
import type { HttpBody } from "@millrace/remote";
import { NOT_IMPLEMENTED, type S3Bucket } from "@millrace/remote";

/** Answers where the condition does not hold; 404 where there is no value any more. */
const CHANGED = [404, 409, 412];

/** Puts a value in the place of one that was read before, and of no other (If-Match, If-None-Match). */
export class S3Condition {
  readonly #bucket: S3Bucket;
  readonly #url: string;
  readonly #replaces: string | null;

  /** @param replaces - the ETag of what was read; null where there was nothing */
  constructor(bucket: S3Bucket, url: string, replaces: string | null) {
    this.#bucket = bucket;
    this.#url = url;
    this.#replaces = replaces;
  }

  /**
   * Puts it; without a condition where the server refuses these.
   * @throws MillraceError `STORE_VALUE_CHANGED` when another value is there by now
   */
  async put(body: HttpBody): Promise<void> {
    const { client } = this.#bucket;
    const call = { method: "PUT", url: this.#url, body };
    const isKnown = this.#replaces === null ? this.#bucket.knowsConditions : this.#bucket.knowsIfMatch;
    if (isKnown && (await this.#putIf(body))) return;
    await client.send(call);
  }

  /** @returns false where the server knows no such condition */
  async #putIf(body: HttpBody): Promise<boolean> {
    const headers: Record<string, string> =
      this.#replaces === null ? { "if-none-match": "*" } : { "if-match": this.#replaces };
    const expected = [...CHANGED, NOT_IMPLEMENTED];
    const call = { method: "PUT", url: this.#url, body, headers, expected };
    const { status } = await this.#bucket.client.send(call);
    if (status === NOT_IMPLEMENTED) {
      this.#bucket.knowsConditions = false;
      this.#bucket.knowsIfMatch = false;
      return false;
    }
    if (!CHANGED.includes(status)) return true;
    const found = await this.#bucket.client.send({ method: "GET", url: this.#url, expected: [404] });
    if (found.status !== 404) {
      // Where the first answer got lost, what is there is what was put.
      if (await isSame(body, found.body)) return true;
      // Some refuse whatever they are told (radosgw 16 compares the ETag with its quotes to the one without).
      if (this.#replaces !== null && found.headers.etag === this.#replaces) {
        this.#bucket.knowsIfMatch = false;
        return false;
      }
    }
    const problem = `${this.#url}: another writer has changed it meanwhile; put again`;
    throw new MillraceError("STORE_VALUE_CHANGED", problem);
  }
}

async function isSame(body: HttpBody, found: Uint8Array): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body.chunks()) pieces.push(piece.slice());
  return Buffer.compare(Buffer.concat(pieces), found) === 0;
}
