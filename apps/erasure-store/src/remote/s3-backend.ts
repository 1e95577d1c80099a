import { IoError, isMillraceError } from "@millrace/base";
import { newHasher } from "@millrace/compress";
import { fileError, type TemporarySpace } from "@millrace/files";
import { AwsV4Signer } from "aws4fetch";
import type {
  Area,
  BackendSource,
  BackendWriter,
  CreateOptions,
  HalfWritten,
  ShardBackend,
} from "../backend.ts";
import { probeBackend, type Trait } from "../probe.ts";
import { type HttpCall, HttpClient, type HttpPatience } from "./http-client.ts";
import { remoteSource } from "./remote-source.ts";
import { type EarlierUpload, S3Writer } from "./s3-writer.ts";

/** Where a bucket is, and who asks. */
export interface S3Place {
  /** "https://s3.example.org"; the bucket goes into the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of all keys: "" or one that ends in "/". */
  readonly prefix: string;
  /** Asked for once, when the first request is made. */
  credentials(): Promise<S3Credentials>;
}

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How long a lock keeps others out whose owner died; commits take far less. */
const LEASE_MS = 5 * 60 * 1000;

/** A backend in a bucket of S3: `<prefix>manifests/<key>`, `<prefix>shards/<key>`. */
export class S3Backend implements ShardBackend {
  readonly name: string;
  readonly #place: S3Place;
  readonly #client: HttpClient;
  readonly #temporary: TemporarySpace;
  /** Owners of locks that were given up, and are there perhaps. */
  readonly #abandoned = new Set<string>();
  #credentials: Promise<S3Credentials> | undefined;

  constructor(name: string, place: S3Place, temporary: TemporarySpace, patience?: HttpPatience) {
    this.name = name;
    this.#temporary = temporary;
    this.#place = place;
    this.#client = new HttpClient((call) => this.#sign(call), patience);
  }

  async check(): Promise<void> {
    await this.#client.send({ method: "GET", url: this.#bucketUrl({ "list-type": "2", "max-keys": "1" }) });
  }

  async prepare(): Promise<void> {
    // 409: the bucket is there, and ours or not; the next call tells.
    await this.#client.send({ method: "PUT", url: this.#bucketUrl({}), expected: [409] });
    await this.check();
  }

  get canResume(): boolean {
    return true;
  }

  async create(area: Area, key: string, { isResumed = false }: CreateOptions = {}): Promise<BackendWriter> {
    const url = this.#urlOf(area, key);
    const earlier = isResumed ? await this.#earlierUpload(`${this.#place.prefix}${area}/${key}`) : undefined;
    return new S3Writer(this.#client, url, this.#temporary, earlier);
  }

  /** What an earlier writer has stored of a value: all of it, or some parts. */
  async #earlierUpload(key: string): Promise<EarlierUpload | undefined> {
    const url = this.#urlOfKey(key);
    const { status, headers } = await this.#client.send({ method: "HEAD", url, expected: [404] });
    if (status !== 404 && typeof headers.etag === "string") return { whole: headers.etag, parts: new Map() };
    const uploads = await this.#client.send({
      method: "GET",
      url: this.#bucketUrl({ uploads: "", prefix: key }),
    });
    const uploadId = uploadsIn(uploads.body).find((upload) => upload.key === key)?.uploadId;
    if (uploadId === undefined) return undefined;
    const parts = new Map<number, string>();
    let marker: string | undefined = "0";
    while (marker !== undefined) {
      const query = `uploadId=${encodeURIComponent(uploadId)}&part-number-marker=${marker}`;
      const xml = textOf((await this.#client.send({ method: "GET", url: `${url}?${query}` })).body);
      for (const [, part] of xml.matchAll(/<Part>(.*?)<\/Part>/gs)) {
        parts.set(Number(elementOf(part!, "PartNumber")), unescapeXml(elementOf(part!, "ETag") ?? ""));
      }
      const isMore = /<IsTruncated>true<\/IsTruncated>/.test(xml);
      marker = isMore ? elementOf(xml, "NextPartNumberMarker") : undefined;
    }
    return { uploadId, parts };
  }

  open(area: Area, key: string, signal?: AbortSignal): Promise<BackendSource> {
    return remoteSource(this.#client, this.#urlOf(area, key), signal);
  }

  async list(area: Area): Promise<string[]> {
    const prefix = `${this.#place.prefix}${area}/`;
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
      const { body } = await this.#client.send({ method: "GET", url: this.#bucketUrl(query) });
      const xml = Buffer.from(body).toString("utf8");
      // Our keys are hexadecimal digits and dots; what somebody else put there may be anything, and is none of ours.
      for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(key!.slice(prefix.length));
      const isMore = /<IsTruncated>true<\/IsTruncated>/.test(xml);
      token = isMore ? unescapeXml(elementOf(xml, "NextContinuationToken") ?? "") : undefined;
    } while (token !== undefined && token !== "");
    return keys.sort();
  }

  async remove(area: Area, key: string): Promise<void> {
    await this.#client.send({ method: "DELETE", url: this.#urlOf(area, key), expected: [404] });
  }

  probe(): Promise<Trait[]> {
    return probeBackend(this);
  }

  /** Uploads in parts that were not completed; a thousand at the most. */
  async halfWritten(): Promise<HalfWritten[]> {
    const query = { uploads: "", prefix: this.#place.prefix };
    const { body } = await this.#client.send({ method: "GET", url: this.#bucketUrl(query) });
    return uploadsIn(body).map(({ key, uploadId }) => {
      const url = `${this.#urlOfKey(key)}?uploadId=${encodeURIComponent(uploadId)}`;
      const remove = async (): Promise<void> => {
        await this.#client.send({ method: "DELETE", url, expected: [404] });
      };
      return { name: key, remove };
    });
  }

  /**
   * A value that is made only where there is none (If-None-Match), with the time until which it holds. Who holds it is
   * what is read back: an answer that is lost on its way says nothing.
   */
  async lock(): Promise<AsyncDisposable> {
    const url = this.#urlOfKey(`${this.#place.prefix}lock`);
    const owner = crypto.randomUUID();
    const body = new TextEncoder().encode(JSON.stringify({ owner, untilMs: Date.now() + LEASE_MS }));
    const headers = { "if-none-match": "*" };
    const remove = async (): Promise<void> => {
      await this.#client.send({ method: "DELETE", url, expected: [404] });
    };
    // Until it is known to be gone: whoever finds it later in this process may take it away.
    this.#abandoned.add(owner);
    await this.#client.send({ method: "PUT", url, headers, body, expected: [409, 412] });
    const held = await this.#lockHolder(url);
    if (held?.owner !== owner) {
      // Its owner is long gone; whoever comes next takes it.
      if (held !== undefined && (held.untilMs < Date.now() || this.#abandoned.has(held.owner))) {
        await remove();
        this.#abandoned.delete(held.owner);
      }
      throw fileError("FILES_LOCKED", url, "lock");
    }
    this.#abandoned.delete(owner);
    const release = async (): Promise<void> => {
      this.#abandoned.add(owner);
      await remove();
      this.#abandoned.delete(owner);
    };
    return { [Symbol.asyncDispose]: release };
  }

  async #lockHolder(url: string): Promise<{ owner: string; untilMs: number } | undefined> {
    try {
      const { body } = await this.#client.send({ method: "GET", url, limitBytes: 1024 });
      return JSON.parse(Buffer.from(body).toString("utf8")) as { owner: string; untilMs: number };
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
      if (error instanceof SyntaxError) {
        throw new IoError("STORE_BACKEND_FAILED", url, "lock", "the lock is none of ours", { cause: error });
      }
      throw error;
    }
  }

  async #sign({ method, url, headers, body }: HttpCall): Promise<Readonly<Record<string, string>>> {
    this.#credentials ??= this.#place.credentials();
    const signer = new AwsV4Signer({
      method,
      url,
      // With the digest of the body signed, the server refuses what was garbled on its way.
      headers: { ...headers, "x-amz-content-sha256": await digestOf(body) },
      ...(await this.#credentials),
      region: this.#place.region,
      service: "s3",
    });
    const signed = await signer.sign();
    return Object.fromEntries(signed.headers.entries());
  }

  #bucketUrl(query: Readonly<Record<string, string>>): string {
    const { endpoint, bucket } = this.#place;
    const url = new URL(`${endpoint.replace(/\/+$/, "")}/${bucket}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  #urlOf(area: Area, key: string): string {
    return this.#urlOfKey(`${this.#place.prefix}${area}/${key}`);
  }

  #urlOfKey(key: string): string {
    const path = key.split("/").map(encodeURIComponent).join("/");
    return `${this.#bucketUrl({})}/${path}`;
  }
}

async function digestOf(body: HttpCall["body"]): Promise<string> {
  const hasher = newHasher("sha256");
  const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body.chunks();
  for await (const chunk of chunks) hasher.update(chunk);
  return hasher.digestHex();
}

function uploadsIn(body: Uint8Array): { readonly key: string; readonly uploadId: string }[] {
  return Array.from(textOf(body).matchAll(/<Upload>(.*?)<\/Upload>/gs), ([, upload]) => ({
    key: unescapeXml(elementOf(upload!, "Key") ?? ""),
    uploadId: unescapeXml(elementOf(upload!, "UploadId") ?? ""),
  }));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  // Servers written in Go number the quotes of an ETag.
  return text.replaceAll(
    /&(?:#(\d+)|(lt|gt|quot|apos|amp));/g,
    (_, code: string | undefined, name: string) =>
      code === undefined ? entities[name]! : String.fromCodePoint(Number(code)),
  );
}
