import { createHash } from "node:crypto";
import { ClosedError, IoError } from "@millrace/base";
import { SpilledBytes, type TemporarySpace } from "@millrace/files";
import type { HttpAnswer, HttpClient } from "@millrace/remote";
import type { BackendWriter } from "../backend.ts";
import type { BackendPace } from "../backend-pace.ts";
import { MEMORY_BYTES } from "./http-settings.ts";
import type { S3Condition } from "./s3-condition.ts";
import { bytesOfPart, FIRST_IN_FLIGHT, MOST_IN_FLIGHT, PART_BYTES } from "./s3-parts.ts";

/** What an earlier writer has stored of the same bytes. */
export interface EarlierUpload {
  /** The ETag of the value where it is complete. */
  readonly whole?: string;
  /** The upload where it is not. */
  readonly uploadId?: string;
  /** ETags of its parts, by number. */
  readonly parts: ReadonlyMap<number, string>;
}

/** How a value is written. */
export interface S3WriterOptions {
  /** Parts of it that are the same are not sent again. */
  readonly earlier?: EarlierUpload | undefined;
  /** Of a value that goes in one request. */
  readonly condition?: S3Condition | undefined;
  /** @default 3 */
  readonly mostInFlight?: number | undefined;
}

/** Writes one value: in one request where it is small, else in parts, which appear together at the end. */
export class S3Writer implements BackendWriter {
  readonly #client: HttpClient;
  readonly #url: string;
  /** Of the parts that were begun. */
  readonly #etags: string[] = [];
  /** Of what is sent to the bucket. */
  readonly #pace: BackendPace;
  /** Parts on their way. */
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  readonly #temporary: TemporarySpace;
  #part: SpilledBytes;
  #uploadId: string | undefined;
  /** Bytes of the whole value so far. */
  #length = 0;
  /** Writes take turns. */
  #turn: Promise<void> = Promise.resolve();
  #isDone = false;

  readonly #earlier: EarlierUpload | undefined;
  readonly #condition: S3Condition | undefined;
  readonly #mostInFlight: number;
  /** MD5 of each part, of which S3 makes the ETag of the whole. */
  readonly #digests: Buffer[] = [];

  /**
   * @param pace - of what is sent to the bucket, which this measures, and which says how many parts are sent at a time
   */
  constructor(
    client: HttpClient,
    url: string,
    temporary: TemporarySpace,
    pace: BackendPace,
    { earlier, condition, mostInFlight = MOST_IN_FLIGHT }: S3WriterOptions = {},
  ) {
    this.#mostInFlight = mostInFlight;
    this.#condition = condition;
    this.#pace = pace;
    this.#earlier = earlier;
    this.#uploadId = earlier?.uploadId;
    this.#client = client;
    this.#url = url;
    this.#temporary = temporary;
    this.#part = new SpilledBytes(temporary, MEMORY_BYTES);
  }

  write(bytes: Uint8Array): Promise<void> {
    const done = this.#turn.then(() => this.#append(bytes));
    this.#turn = done.catch(() => {});
    return done;
  }

  async commit(): Promise<void> {
    await this.#turn;
    this.#checkOpen();
    if (this.#isInOnePiece) {
      if (this.#condition === undefined) await this.#put(this.#url, this.#part);
      else await this.#condition.put(this.#part);
    } else {
      if (this.#part.length > 0) await this.#sendPart();
      await this.#settle();
      this.#throwFailure();
      if (this.#earlier?.whole !== undefined) return await this.#compareWhole(this.#earlier.whole);
      const parts = this.#etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const xml = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
      const url = this.#uploadUrl(this.#uploadId!);
      const request = { method: "POST", url, body: new TextEncoder().encode(xml), expected: [404] };
      const { status, body } = await this.#client.send(request);
      // Also where it was done and the answer got lost: the request was repeated then.
      if (status === 404) await this.#checkWhole();
      // S3 may say 200 first, and fail then.
      const said = Buffer.from(body).toString("utf8");
      if (said.includes("<Error>")) throw new IoError("STORE_BACKEND_FAILED", this.#url, "POST", said);
    }
    this.#isDone = true;
    await this.#part.close();
  }

  async abort(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#settle();
    await this.#part.close();
    if (this.#uploadId === undefined) return;
    await this.#client.send({ method: "DELETE", url: this.#uploadUrl(this.#uploadId), expected: [404] });
  }

  async suspend(): Promise<void> {
    this.#isDone = true;
    await this.#settle();
    await this.#part.close();
  }

  /** Waits until nothing is on its way, whatever came of it. */
  async #settle(): Promise<void> {
    await this.#turn;
    await Promise.all(this.#sending);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #isInOnePiece(): boolean {
    return this.#etags.length === 0 && this.#uploadId === undefined;
  }

  /** A value of this name is of this upload: nobody else writes one. */
  async #checkWhole(): Promise<void> {
    const { status, headers } = await this.#client.send({ method: "HEAD", url: this.#url, expected: [404] });
    if (status !== 404 && Number(headers["content-length"]) === this.#length) return;
    const problem = "the server no longer knows the upload; put again";
    throw new IoError("STORE_BACKEND_FAILED", this.#url, "POST", problem);
  }

  /** The value was complete already: nothing was sent, so it must be the very same. */
  async #compareWhole(whole: string): Promise<void> {
    const digest = createHash("md5").update(Buffer.concat(this.#digests)).digest("hex");
    if (unquoted(whole) !== `${digest}-${this.#digests.length}`) {
      const problem = `what is stored has the ETag ${whole}, which is not that of these bytes; put without resuming`;
      throw new IoError("STORE_BACKEND_FAILED", this.#url, "resume", problem);
    }
    this.#isDone = true;
    await this.#part.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    for (let at = 0; at < bytes.length; ) {
      const partBytes = bytesOfPart(this.#etags.length);
      if (this.#part.length === partBytes) {
        await this.#sendPart();
        continue;
      }
      const count = Math.min(bytes.length - at, partBytes - this.#part.length);
      await this.#part.append(bytes.subarray(at, at + count));
      this.#length += count;
      at += count;
    }
  }

  async #sendPart(): Promise<void> {
    const number = this.#etags.length + 1;
    let etag: string | undefined;
    if (this.#earlier !== undefined) {
      const hash = createHash("md5");
      for await (const chunk of this.#part.chunks()) hash.update(chunk);
      const digest = hash.digest();
      this.#digests.push(digest);
      const stored = this.#earlier.parts.get(number);
      const isStored = stored !== undefined && unquoted(stored) === digest.toString("hex");
      if (isStored || this.#earlier.whole !== undefined) etag = stored ?? "";
    }
    this.#etags.push(etag ?? "");
    const part = this.#part;
    this.#part = new SpilledBytes(this.#temporary, MEMORY_BYTES);
    if (etag !== undefined) return await part.close();
    this.#uploadId ??= await this.#begin();
    const sent = this.#uploadPart(this.#uploadId, number, part).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    const done = sent.then(() => void this.#sending.delete(done));
    this.#sending.add(done);
    const most = this.#pace.inFlight(PART_BYTES) ?? FIRST_IN_FLIGHT;
    while (this.#sending.size >= Math.min(most, this.#mostInFlight)) await Promise.race(this.#sending);
    this.#throwFailure();
  }

  async #uploadPart(uploadId: string, number: number, part: SpilledBytes): Promise<void> {
    try {
      const url = `${this.#uploadUrl(uploadId)}&partNumber=${number}`;
      const { headers } = await this.#put(url, part);
      if (typeof headers.etag !== "string") {
        throw new IoError("STORE_BACKEND_FAILED", url, "PUT", "the server does not name the part");
      }
      this.#etags[number - 1] = headers.etag;
    } finally {
      await part.close();
    }
  }

  async #put(url: string, body: SpilledBytes): Promise<HttpAnswer> {
    const startMs = performance.now();
    const answer = await this.#client.send({ method: "PUT", url, body });
    this.#pace.observe(body.length, performance.now() - startMs);
    return answer;
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

function unquoted(etag: string): string {
  return etag.replaceAll('"', "");
}
