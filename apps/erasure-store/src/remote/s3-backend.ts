import type { TemporarySpace } from "@millrace/files";
import type { HttpPatience } from "@millrace/remote";
import { S3Bucket, type S3Place } from "@millrace/remote";
import type {
  Area,
  BackendSource,
  BackendWriter,
  CreateOptions,
  HalfWritten,
  ShardBackend,
} from "../backend.ts";
import { BackendPace } from "../backend-pace.ts";
import { probeBackend, type Trait } from "../probe.ts";
import { BACKEND_ERROR_CODES } from "./http-settings.ts";
import { remoteSource } from "./remote-source.ts";
import { S3Condition } from "./s3-condition.ts";
import { S3Lock } from "./s3-lock.ts";
import { type EarlierUpload, S3Writer } from "./s3-writer.ts";

/** A backend in a bucket of S3: `<prefix>manifests/<key>`, `<prefix>shards/<key>`. */
export class S3Backend implements ShardBackend {
  readonly name: string;
  readonly canResume: boolean = true;
  readonly #bucket: S3Bucket;
  readonly #lock: S3Lock;
  readonly #uploads = new BackendPace();
  readonly #temporary: TemporarySpace;

  readonly #mostInFlight: number | undefined;

  /** @param mostInFlight - parts of a value that are sent at a time, as memory allows */
  constructor(
    name: string,
    place: S3Place,
    temporary: TemporarySpace,
    patience?: HttpPatience,
    mostInFlight?: number,
  ) {
    this.name = name;
    this.#mostInFlight = mostInFlight;
    this.#temporary = temporary;
    this.#bucket = new S3Bucket(place, patience, BACKEND_ERROR_CODES);
    this.#lock = new S3Lock(this.#bucket);
  }

  async check(): Promise<void> {
    const url = this.#bucket.url({ "list-type": "2", "max-keys": "1" });
    await this.#bucket.client.send({ method: "GET", url });
  }

  async prepare(): Promise<void> {
    // 409: the bucket is there, and ours or not; the next call tells.
    await this.#bucket.client.send({ method: "PUT", url: this.#bucket.url({}), expected: [409] });
    await this.check();
  }

  async create(
    area: Area,
    key: string,
    { isResumed = false, replaces }: CreateOptions = {},
  ): Promise<BackendWriter> {
    const url = this.#urlOf(area, key);
    const earlier = isResumed ? await this.#earlierUpload(this.#keyOf(area, key)) : undefined;
    const condition = replaces === undefined ? undefined : new S3Condition(this.#bucket, url, replaces);
    const options = { earlier, condition, mostInFlight: this.#mostInFlight };
    return new S3Writer(this.#bucket.client, url, this.#temporary, this.#uploads, options);
  }

  open(area: Area, key: string, signal?: AbortSignal): Promise<BackendSource> {
    return remoteSource(this.#bucket.client, this.#urlOf(area, key), signal);
  }

  async list(area: Area): Promise<string[]> {
    return (await this.#bucket.list(this.#keyOf(area, ""))).sort();
  }

  remove(area: Area, key: string): Promise<void> {
    return this.#bucket.remove(this.#keyOf(area, key));
  }

  probe(): Promise<Trait[]> {
    return probeBackend(this);
  }

  /** Uploads in parts that were not completed. */
  async halfWritten(): Promise<HalfWritten[]> {
    return (await this.#bucket.uploads(this.#bucket.prefix)).map(({ key, uploadId }) => {
      const url = `${this.#bucket.urlOfKey(key)}?uploadId=${encodeURIComponent(uploadId)}`;
      const remove = async (): Promise<void> => {
        await this.#bucket.client.send({ method: "DELETE", url, expected: [404] });
      };
      return { name: key, remove };
    });
  }

  lock(): Promise<AsyncDisposable> {
    return this.#lock.take();
  }

  /** What an earlier writer has stored of a value: all of it, or some parts. */
  async #earlierUpload(key: string): Promise<EarlierUpload | undefined> {
    const call = { method: "HEAD", url: this.#bucket.urlOfKey(key), expected: [404] };
    const { status, headers } = await this.#bucket.client.send(call);
    if (status !== 404 && typeof headers.etag === "string") return { whole: headers.etag, parts: new Map() };
    const upload = (await this.#bucket.uploads(key)).find((one) => one.key === key);
    if (upload === undefined) return undefined;
    return { uploadId: upload.uploadId, parts: await this.#bucket.parts(upload) };
  }

  #keyOf(area: Area, key: string): string {
    return `${this.#bucket.prefix}${area}/${key}`;
  }

  #urlOf(area: Area, key: string): string {
    return this.#bucket.urlOfKey(this.#keyOf(area, key));
  }
}
